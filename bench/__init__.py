"""The figures that the README quotes, each with what it was compared with, in one run."""
