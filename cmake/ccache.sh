#!/bin/sh
# ccache.sh COMPILER ARGUMENTS...: ccache, which is right about precompiled headers only where there is no old one. CMake makes
# them by -include of the header's own name, so that what ccache preprocesses is the old one by reference: two different new
# ones, of two checkouts or of one before and after a change, then had one place in the cache, and the second got the first.
last=
for each; do
  case "$last $each" in
  "-o "*.gch | "-o "*.pch) rm -f -- "$each" ;;
  esac
  last=$each
done
exec ccache "$@"
