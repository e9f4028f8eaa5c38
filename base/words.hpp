#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

/// Closed enums and their words. A word is what programs read: in --json, status JSON, metric labels and log fields an
/// enum's value has one and the same word, in snake_case. Sentences for people are written where they are shown.
namespace truckee {

/// Whether every value up to `last` has a word of its own: lower case letters and single underscores.
template <class Enum, std::size_t N>
constexpr bool are_words(const std::array<std::string_view, N>& words, Enum last) {
  if (static_cast<std::size_t>(last) + 1 != N)
    return false;
  for (std::size_t i = 0; i < N; ++i) {
    const auto word = words[i];
    if (word.empty() || word.front() == '_' || word.back() == '_')
      return false;
    for (std::size_t at = 0; at < word.size(); ++at)
      if (!((word[at] >= 'a' && word[at] <= 'z') || (word[at] == '_' && word[at - 1] != '_')))
        return false;
    for (std::size_t j = 0; j < i; ++j)
      if (words[j] == word)
        return false;
  }
  return true;
}

/// The word of a value; "other" for one that does not exist.
template <class Enum, std::size_t N>
constexpr std::string_view word_in(const std::array<std::string_view, N>& words, Enum x) {
  const auto index = static_cast<std::size_t>(x);
  return index < N ? words[index] : "other";
}

/// A word for people: with spaces.
inline std::string spoken(std::string_view word) {
  std::string out(word);
  for (auto& c : out)
    if (c == '_')
      c = ' ';
  return out;
}

} // namespace truckee
