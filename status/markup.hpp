#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// Small words of the pages.
namespace truckee::status {

/// Text as HTML: nothing in it is markup, in an element or in a quoted attribute. Control characters and what is
/// not UTF-8 become U+FFFD.
std::string escaped(std::string_view text);

/// "36 B", "1.4 MiB".
std::string size_words(std::uint64_t bytes);
/// "0.4 ms", "12 ms", "3.2 s", "4 min 10 s".
std::string time_words(double seconds);
/// "2026-11-24 20:41:07 UTC", from unix time in milliseconds.
std::string clock_words(std::uint64_t unix_ms);

/// A whole page around the content of <main>.
std::string page(std::string_view title, std::string_view main);

/// A page that says one thing.
std::string message_page(std::string_view title, std::string_view sentence);

} // namespace truckee::status
