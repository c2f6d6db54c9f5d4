"""The schema's history: NNNN_name.sql takes a database from version NNNN - 1 to NNNN."""
