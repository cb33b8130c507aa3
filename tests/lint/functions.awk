# SPDX-License-Identifier: Apache-2.0
#
# Prints the length of each function, "LINES FILE:LINE", in sources that
# clang-format has been over: the braces of a function, and no others, stand
# alone in the first column.

/^\{$/ {
	start = FNR
}

/^\}$/ && start {
	print FNR - start + 1, FILENAME ":" start
	start = 0
}
