"""The real parts that the end-to-end tests work with, and the judges of what comes out."""
