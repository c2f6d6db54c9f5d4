"""A protoc plugin that writes gRPC's Python stubs.

buf starts plugins as programs that read a CodeGeneratorRequest from stdin. grpcio-tools has
this generator built into its own protoc only, so this program calls that protoc.
"""

import sys
import tempfile
from pathlib import Path

from google.protobuf.compiler.plugin_pb2 import CodeGeneratorRequest, CodeGeneratorResponse
from google.protobuf.descriptor_pb2 import Edition, FileDescriptorSet
from grpc_tools import protoc


def generate(request: CodeGeneratorRequest) -> CodeGeneratorResponse:
    """Answer with the stubs of the files asked for."""
    response = CodeGeneratorResponse(
        supported_features=CodeGeneratorResponse.FEATURE_PROTO3_OPTIONAL
        | CodeGeneratorResponse.FEATURE_SUPPORTS_EDITIONS,
        minimum_edition=Edition.EDITION_PROTO2,
        maximum_edition=Edition.EDITION_2024,
    )
    with tempfile.TemporaryDirectory() as directory:
        descriptors = Path(directory, "descriptors.binpb")
        descriptors.write_bytes(FileDescriptorSet(file=request.proto_file).SerializeToString())
        out = Path(directory, "out")
        out.mkdir()
        options = f"{request.parameter}:" if request.parameter else ""
        exit_code = protoc.main(
            [
                "protoc",
                f"--descriptor_set_in={descriptors}",
                f"--grpc_python_out={options}{out}",
                *request.file_to_generate,
            ]
        )
        if exit_code:
            response.error = f"protoc --grpc_python_out ended with exit code {exit_code}"
            return response
        for stubs in sorted(out.rglob("*.py")):
            response.file.add(
                name=stubs.relative_to(out).as_posix(),
                content=stubs.read_text(encoding="utf-8"),
            )
    return response


def main() -> None:
    """Read the request from stdin, write the response to stdout."""
    request = CodeGeneratorRequest.FromString(sys.stdin.buffer.read())
    sys.stdout.buffer.write(generate(request).SerializeToString())


if __name__ == "__main__":
    main()
