#!/bin/sh
# The man pages are sound.  man.sh SOURCE_DIR
command -v mandoc >/dev/null 2>&1 || { echo "skipped: no mandoc"; exit 77; }
mandoc -Tlint -W warning "$1"/docs/*.[1-9]
