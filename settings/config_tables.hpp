#pragma once

#include "truckee/base/address.hpp"
#include "truckee/settings/name.hpp"
#include "truckee/settings/node_settings.hpp"
#include "truckee/settings/toml_table.hpp"

#include <array>
#include <initializer_list>
#include <vector>

/// What the readers of configuration files share: opening, places in the text, tables that several files
/// have.
namespace truckee::settings {

/// One file while it is read.
struct config_reading {
  const toml::table& top;
  std::filesystem::path folder; ///< relative paths in the text start here
  toml_problem problem;

  /// The table of that name, or nothing; something else under that name is a problem.
  const toml::table* table(std::string_view name);
  std::filesystem::path path(const std::string& text) const { return (folder / text).lexically_normal(); }
};

/// The text of a file of at most 1 MiB. `kind` is what it should be, for errors: "a grid file".
result<std::string> read_config_text(const std::filesystem::path& file, std::string_view kind);

/// Errors (configuration) name the file and the line.
result<toml::table> parse_config_text(std::string_view text, const std::filesystem::path& file,
                                      std::string_view kind);

/// What `read(config_reading&)` makes of the text, or the first problem it met.
template <class Read>
auto parse_config(std::string_view text, const std::filesystem::path& file, std::string_view kind, Read read)
    -> result<decltype(read(std::declval<config_reading&>()))> {
  const auto top = parse_config_text(text, file, kind);
  if (!top)
    return tl::unexpected(top.error());
  config_reading in{*top, file.parent_path(), toml_problem{file.string()}};
  auto out = read(in);
  if (in.problem.any())
    return tl::unexpected<error>(in.problem.first());
  return out;
}

/// An ADDRESS:PORT; port 0 only where somebody listens.
std::optional<address> read_address(const toml_table& t, std::string_view key, bool allow_port_zero = false);

inline constexpr std::array<std::string_view, 3> tls_keys{"ca", "certificate", "key"};
std::optional<tls::node_files> read_tls(config_reading& in);

inline constexpr std::array<std::string_view, 6> metrics_keys{"certificate", "client-ca",     "key",
                                                              "listen",      "password-file", "user"};
metrics_settings read_metrics(config_reading& in);

/// One table's name and keys.
struct table_keys {
  std::string_view table;
  std::span<const std::string_view> keys;
};
/// "table.key" for every key, in ascending order.
std::vector<std::string> named_keys(std::initializer_list<table_keys> tables);

} // namespace truckee::settings
