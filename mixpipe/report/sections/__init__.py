"""The sections of the report, one a file: each turns facts into blocks, or into None where its stage has not run."""
