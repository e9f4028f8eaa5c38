#pragma once

#include "truckee/base/result.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <toml++/toml.h>

namespace truckee::settings {

/// Collects the first error of a configuration file, with its place.
class toml_problem {
public:
  explicit toml_problem(std::string file) : file_(std::move(file)) {}

  /// Keeps only the first. `what` names the table and key, `why` what was wrong and what is expected.
  void at(const toml::source_region& place, std::string_view what, std::string_view why);
  bool any() const { return first_.has_value(); }
  const error& first() const { return *first_; }

private:
  std::string file_;
  std::optional<error> first_;
};

/// Typed access to one table of a configuration file whose keys are all known. A wrong value is recorded in
/// the problem and reads as absent, so that callers need no branch per key; they look at the problem once, at
/// the end.
class toml_table {
public:
  /// `title` is how people name the table, e.g. `[encoding]`. Unknown keys are a problem at once.
  toml_table(const toml::table& table, std::string title, std::span<const std::string_view> keys,
             toml_problem& problem);

  std::optional<std::string> text(std::string_view key, std::string_view expected) const;
  /// A text that names a file or folder. "~" is the shell's, and would be a folder of that name here: it is a problem.
  std::optional<std::string> path(std::string_view key, std::string_view expected) const;
  std::optional<std::uint64_t> number(std::string_view key, std::uint64_t least, std::uint64_t most) const;
  /// Bytes: a number, or a text such as "1 GiB" (KiB, MiB, GiB, TiB; powers of 1024).
  std::optional<std::uint64_t> size(std::string_view key, std::uint64_t least, std::uint64_t most) const;
  std::optional<bool> flag(std::string_view key) const;
  /// One of a few words; its index.
  std::optional<std::size_t> choice(std::string_view key, std::span<const std::string_view> words) const;
  bool has(std::string_view key) const;

  /// Something is wrong with a value, or with the table as a whole.
  void complain(std::string_view key, std::string_view why) const;
  void complain(std::string_view why) const;

private:
  const toml::table& table_;
  std::string title_;
  toml_problem& problem_;
};

/// "4096", "64 KiB", "1GiB": bytes, or nothing where the text is not of this form or does not fit 64 bits.
std::optional<std::uint64_t> parse_size(std::string_view text);

/// The key most like `wrong`, if one is like it.
std::optional<std::string_view> nearest_key(std::string_view wrong, std::span<const std::string_view> keys);

} // namespace truckee::settings
