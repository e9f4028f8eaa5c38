#include "truckee/settings/toml_table.hpp"

#include "truckee/base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <numeric>
#include <vector>

namespace truckee::settings {

namespace {

constexpr std::size_t shown_chars_max = 60;

/// Text of the file as it may be shown: short, and escaped.
std::string shown(std::string_view text) {
  auto out = escaped(text.substr(0, shown_chars_max));
  return text.size() > shown_chars_max ? out + "..." : out;
}

std::string_view kind_of(const toml::node& node) {
  switch (node.type()) {
  case toml::node_type::table:
    return "a table";
  case toml::node_type::array:
    return "a list";
  case toml::node_type::string:
    return "a text";
  case toml::node_type::integer:
    return "a number";
  case toml::node_type::floating_point:
    return "a number with a fraction";
  case toml::node_type::boolean:
    return "true or false";
  default:
    return "a date or time";
  }
}

/// Insertions, deletions and replacements that make `b` of `a`.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

std::string joined(std::span<const std::string_view> keys, std::string_view quote = "") {
  std::string out;
  for (const auto& key : keys) {
    out += out.empty() ? "" : ", ";
    out.append(quote).append(key).append(quote);
  }
  return out;
}

} // namespace

std::optional<std::string_view> nearest_key(std::string_view wrong, std::span<const std::string_view> keys) {
  std::optional<std::string_view> best;
  // More than a third of the characters wrong is another word, not a slip. Very long keys are not compared at
  // all.
  std::size_t best_distance = wrong.size() > shown_chars_max ? 0 : wrong.size() / 3 + 2;
  for (const auto& key : keys) {
    if (best_distance == 0)
      break;
    if (const auto distance = edit_distance(wrong, key); distance < best_distance) {
      best = key;
      best_distance = distance;
    }
  }
  return best;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, unsigned>, 6> units{
      {{"", 0}, {"B", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"TiB", 40}}};
  std::uint64_t count = 0;
  const auto [stop, failed] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (failed != std::errc{})
    return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  if (text.size() > 1 && text.front() == ' ')
    text.remove_prefix(1);
  for (const auto& [unit, bits] : units)
    if (text == unit && count <= std::numeric_limits<std::uint64_t>::max() >> bits)
      return count << bits;
  return std::nullopt;
}

void toml_problem::at(const toml::source_region& place, std::string_view what, std::string_view why) {
  if (first_)
    return;
  const auto line = place.begin.line;
  auto detail = file_ + (line > 0 ? ":" + std::to_string(line) : "") + ": ";
  if (!what.empty())
    detail += shown(what) + ": ";
  first_ = error{errc::configuration, detail + std::string{why}};
}

toml_table::toml_table(const toml::table& table, std::string title, std::span<const std::string_view> keys,
                       toml_problem& problem)
  : table_(table), title_(std::move(title)), problem_(problem) {
  // toml++ sorts keys; the first one in the file is the one to name.
  const toml::key* unknown = nullptr;
  for (const auto& [key, node] : table_)
    if (std::find(keys.begin(), keys.end(), key.str()) == keys.end())
      if (!unknown || key.source().begin < unknown->source().begin)
        unknown = &key;
  if (!unknown)
    return;
  const auto near = nearest_key(unknown->str(), keys);
  problem_.at(unknown->source(), title_ + (title_.empty() ? "" : " ") + std::string{unknown->str()},
              "there is no such key; " + (near ? "did you mean \"" + std::string{*near} + "\"?"
                                               : "expected one of " + joined(keys)));
}

bool toml_table::has(std::string_view key) const {
  return table_.contains(key);
}

std::optional<std::string> toml_table::text(std::string_view key, std::string_view expected) const {
  const auto* node = table_.get(key);
  if (!node)
    return std::nullopt;
  const auto* value = node->as_string();
  if (!value) {
    complain(key, "expected " + std::string{expected} + " in quotes, found " + std::string{kind_of(*node)});
    return std::nullopt;
  }
  if (value->get().empty() || value->get().find('\0') != std::string::npos) {
    complain(key, "is empty or has a zero byte in it; expected " + std::string{expected});
    return std::nullopt;
  }
  return value->get();
}

std::optional<std::string> toml_table::path(std::string_view key, std::string_view expected) const {
  auto out = text(key, expected);
  if (!out)
    return out;
  if (auto home = unexpanded_home(*out, "write the whole path, or one from the folder of this file")) {
    complain(key, *home);
    return std::nullopt;
  }
  return out;
}

std::optional<std::uint64_t> toml_table::number(std::string_view key, std::uint64_t least,
                                                std::uint64_t most) const {
  const auto* node = table_.get(key);
  if (!node)
    return std::nullopt;
  const auto range = "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
  const auto* value = node->as_integer();
  if (!value) {
    complain(key, "expected " + range + ", found " + std::string{kind_of(*node)});
    return std::nullopt;
  }
  if (value->get() < 0 || static_cast<std::uint64_t>(value->get()) < least ||
      static_cast<std::uint64_t>(value->get()) > most) {
    complain(key, "expected " + range + ", found " + std::to_string(value->get()));
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(value->get());
}

std::optional<std::uint64_t> toml_table::size(std::string_view key, std::uint64_t least,
                                              std::uint64_t most) const {
  const auto* node = table_.get(key);
  if (!node || !node->is_string())
    return number(key, least, most);
  const auto& words = node->as_string()->get();
  const auto value = parse_size(words);
  if (!value || *value < least || *value > most) {
    complain(key, "expected a size from " + std::to_string(least) + " to " + std::to_string(most) +
                      " bytes, as a number or in quotes with a unit (KiB, MiB, GiB, TiB), found \"" +
                      shown(words) + "\"");
    return std::nullopt;
  }
  return value;
}

std::optional<std::size_t> toml_table::choice(std::string_view key,
                                              std::span<const std::string_view> words) const {
  const auto* node = table_.get(key);
  if (!node)
    return std::nullopt;
  const auto* value = node->as_string();
  const auto at = value ? std::find(words.begin(), words.end(), value->get()) : words.end();
  if (at == words.end()) {
    complain(key, "expected one of " + joined(words, "\"") + ", found " +
                      (value ? "\"" + shown(value->get()) + "\"" : std::string{kind_of(*node)}));
    return std::nullopt;
  }
  return static_cast<std::size_t>(at - words.begin());
}

std::optional<bool> toml_table::flag(std::string_view key) const {
  const auto* node = table_.get(key);
  if (!node)
    return std::nullopt;
  const auto* value = node->as_boolean();
  if (!value) {
    complain(key, "expected true or false, found " + std::string{kind_of(*node)});
    return std::nullopt;
  }
  return value->get();
}

void toml_table::complain(std::string_view key, std::string_view why) const {
  const auto* node = table_.get(key);
  problem_.at(node ? node->source() : table_.source(),
              title_ + (title_.empty() ? "" : " ") + std::string{key}, why);
}

void toml_table::complain(std::string_view why) const {
  problem_.at(table_.source(), title_, why);
}

} // namespace truckee::settings
