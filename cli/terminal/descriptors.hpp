#pragma once

#include <string_view>

/// Standard input, output and error, as descriptors.
namespace truckee::cli {

/// Opens something on each of the three that is closed, so that no file and no socket of the program takes its number
/// and is spoken to for it: what is written to standard error is lost then, as with /dev/null; reading standard input and
/// writing standard output fail as if they were still closed. Before anything else is opened.
void hold_standard_descriptors();

/// Writes all of it, waiting as long as it takes; 0, or errno.
int write_fully(int descriptor, std::string_view text);

/// Whether anything can be written to it, as far as that can be known before.
bool is_writable(int descriptor);

} // namespace truckee::cli
