#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

/// Text of others (names of files, what peers say) as it may be shown.
namespace truckee {

/// How many bytes the first character of `text` has in UTF-8; 0 where it is none (empty, cut, overlong, a surrogate).
std::size_t utf8_length(std::string_view text);

/// In one line: line feeds become \n, other control characters, those that turn the direction of writing, and bytes
/// that are not UTF-8 become \xNN. A terminal shows it and does nothing else.
std::string escaped(std::string_view text);

/// The same for text that has lines: each keeps its end.
std::string escaped_lines(std::string_view text);

/// "a, b, c and 97 more": at most `most` of them by name.
std::string some_of(std::span<const std::string> names, std::size_t most = 5);

/// Why a path that begins with "~" is not taken, `instead` with it; nothing for any other. That is the shell's sign for a
/// home, and none is there to replace it in a file, behind "=" or in quotes: it would be a folder of that name.
std::optional<std::string> unexpanded_home(std::string_view path, std::string_view instead);

} // namespace truckee
