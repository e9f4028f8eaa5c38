#include "truckee/settings/tahoe/ini_file.hpp"

#include "truckee/base/text.hpp"
#include "truckee/settings/config_tables.hpp"

#include <algorithm>
#include <charconv>

namespace truckee::settings {

namespace {

constexpr std::string_view blank = " \t\r\f\v";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(blank);
  if (first == text.npos)
    return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

std::string lowered(std::string_view text) {
  std::string out{text};
  std::ranges::transform(out, out.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

} // namespace

result<ini_file> ini_file::read(const std::filesystem::path& file) {
  const auto text = read_config_text(file, "a tahoe.cfg");
  if (!text)
    return tl::unexpected(text.error());
  return parse(*text, file);
}

result<ini_file> ini_file::parse(std::string_view text, std::filesystem::path file) {
  ini_file out;
  out.file_ = std::move(file);
  std::optional<std::string> section;
  value* open = nullptr; // what an indented line goes on with
  std::size_t number = 0;
  const auto bad = [&](std::string_view what) {
    return fail(errc::configuration,
                out.file_.string() + ":" + std::to_string(number) + ": " + std::string(what));
  };
  while (!text.empty()) {
    ++number;
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto words = trimmed(line);
    if (words.empty() || words.front() == '#' || words.front() == ';')
      continue;
    if (open != nullptr && blank.find(line.front()) != blank.npos) {
      open->text.append(open->text.empty() ? "" : "\n").append(words);
      continue;
    }
    open = nullptr;
    if (words.front() == '[') {
      if (words.size() < 3 || words.back() != ']')
        return bad("expected [section], found \"" + escaped(words) + "\"");
      section = std::string(words.substr(1, words.size() - 2));
      continue;
    }
    const auto at = words.find_first_of("=:");
    const auto key = at == words.npos ? std::string_view() : trimmed(words.substr(0, at));
    if (key.empty())
      return bad("expected [section], key = value, or a comment that begins with #");
    if (!section)
      return bad(escaped(key) + ": stands before the first [section]");
    const auto [where, added] = out.values_.try_emplace(
        {*section, lowered(key)}, value{std::string(trimmed(words.substr(at + 1))), number});
    if (!added)
      return bad("[" + escaped(*section) + "] " + escaped(key) + ": stands in line " +
                 std::to_string(where->second.line) + " already; take one of them away");
    open = &where->second;
  }
  return out;
}

const ini_file::value* ini_file::find(std::string_view section, std::string_view key) const {
  const auto at = values_.find(std::pair(std::string(section), std::string(key)));
  return at == values_.end() || at->second.text.empty() ? nullptr : &at->second;
}

std::string ini_file::text(std::string_view section, std::string_view key) const {
  const auto* found = find(section, key);
  return found != nullptr ? found->text : std::string();
}

tl::unexpected<error> ini_file::problem(std::string_view section, std::string_view key,
                                        std::string_view what) const {
  const auto* found = find(section, key);
  return fail(errc::configuration, file_.string() + (found ? ":" + std::to_string(found->line) : "") + ": [" +
                                       std::string(section) + "] " + std::string(key) + ": " +
                                       std::string(what));
}

result<std::uint64_t> ini_file::number(std::string_view section, std::string_view key,
                                       std::uint64_t otherwise, std::uint64_t least,
                                       std::uint64_t most) const {
  const auto* found = find(section, key);
  if (found == nullptr)
    return otherwise;
  std::uint64_t out = 0;
  const auto* end = found->text.data() + found->text.size();
  const auto [stopped, how] = std::from_chars(found->text.data(), end, out);
  if (how != std::errc{} || stopped != end || out < least || out > most)
    return problem(section, key,
                   "expected a whole number from " + std::to_string(least) + " to " + std::to_string(most) +
                       ", found \"" + escaped(found->text) + "\"");
  return out;
}

result<bool> ini_file::flag(std::string_view section, std::string_view key, bool otherwise) const {
  const auto* found = find(section, key);
  if (found == nullptr)
    return otherwise;
  const auto word = lowered(found->text);
  if (word == "true" || word == "yes" || word == "on" || word == "1")
    return true;
  if (word == "false" || word == "no" || word == "off" || word == "0")
    return false;
  return problem(section, key, "expected true or false, found \"" + escaped(found->text) + "\"");
}

} // namespace truckee::settings
