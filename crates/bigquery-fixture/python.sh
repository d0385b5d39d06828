#!/bin/sh
# Prints a Python of 3.13 or newer, which the emulator of BigQuery needs; nothing where there is none.
for python in python3 python3.14 python3.13 "$HOME"/.pyenv/versions/3.1[3-9]*/bin/python; do
    if "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 13))' 2>/dev/null; then
        command -v "$python"
        exit 0
    fi
done
