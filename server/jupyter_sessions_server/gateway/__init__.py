"""The gateway: browsers and JupyterLab on one side, the contract on the other."""
