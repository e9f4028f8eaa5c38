#pragma once

#include <cstddef>
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

} // namespace truckee
