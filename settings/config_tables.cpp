#include "truckee/settings/config_tables.hpp"

#include "truckee/base/private_file.hpp"
#include "truckee/base/text.hpp"

#include <algorithm>

namespace truckee::settings {

namespace {

constexpr std::size_t file_bytes_max = 1 << 20;
constexpr std::size_t name_chars_max = 64;

} // namespace

const toml::table* config_reading::table(std::string_view name) {
  const auto* node = top.get(name);
  if (!node)
    return nullptr;
  if (!node->is_table())
    problem.at(node->source(), name, "expected a table, [" + std::string{name} + "]");
  return node->as_table();
}

result<std::string> read_config_text(const std::filesystem::path& file, std::string_view kind) {
  const auto read = read_small_file(file, file_bytes_max);
  if (read)
    return std::string(as_text(*read));
  if (read.error().code == errc::too_large)
    return fail(errc::configuration, file.string() + ": longer than 1 MiB; this is not " + std::string{kind});
  return fail(errc::configuration, read.error().detail + "; expected " + std::string{kind} + " (TOML)");
}

result<toml::table> parse_config_text(std::string_view text, const std::filesystem::path& file,
                                      std::string_view kind) {
  if (text.size() > file_bytes_max)
    return fail(errc::configuration, file.string() + ": longer than 1 MiB; this is not " + std::string{kind});
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& problem) {
    return fail(errc::configuration, file.string() + ":" + std::to_string(problem.source().begin.line) +
                                         ": not TOML: " + escaped(problem.description()));
  }
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= name_chars_max && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

std::optional<address> read_address(const toml_table& t, std::string_view key, bool allow_port_zero) {
  const auto text = t.text(key, "ADDRESS:PORT");
  if (!text)
    return std::nullopt;
  auto at = parse_address(*text, allow_port_zero);
  if (!at) {
    t.complain(key, at.error().detail);
    return std::nullopt;
  }
  return *at;
}

std::optional<tls::node_files> read_tls(config_reading& in) {
  const auto* found = in.table("tls");
  if (!found)
    return std::nullopt;
  const toml_table t{*found, "[tls]", tls_keys, in.problem};
  tls::node_files out;
  const auto read = [&](std::string_view key, std::filesystem::path& into) {
    if (!t.has(key))
      t.complain(std::string{key} + ": is missing; mutual TLS needs ca, certificate and key "
                                    "(`truckee certs DIR NAME` makes them)");
    if (const auto text = t.path(key, "the path of a PEM file"))
      into = in.path(*text);
  };
  read("ca", out.ca);
  read("certificate", out.certificate);
  read("key", out.key);
  return out;
}

metrics_settings read_metrics(config_reading& in) {
  metrics_settings out;
  const auto* found = in.table("metrics");
  if (!found)
    return out;
  const toml_table t{*found, "[metrics]", metrics_keys, in.problem};
  out.listen = read_address(t, "listen", true);
  const auto user = t.text("user", "a name");
  const auto file = t.path("password-file", "the path of a file");
  if (t.has("user") != t.has("password-file"))
    t.complain("user and password-file belong together; one is missing");
  // "user:password" is what a client sends.
  if (user && user->find(':') != std::string::npos)
    t.complain("user", "expected a name without a colon");
  if (user && file)
    out.login = metrics_login{*user, in.path(*file)};
  const auto certificate = t.path("certificate", "the path of a PEM file");
  const auto key = t.path("key", "the path of a PEM file");
  const auto client_ca = t.path("client-ca", "the path of a PEM file");
  if (t.has("certificate") != t.has("key"))
    t.complain("certificate and key belong together; one is missing");
  if (t.has("client-ca") && !t.has("certificate"))
    t.complain("client-ca",
               "callers show their certificates over HTTPS only, which needs certificate and key");
  if (certificate && key)
    out.tls = tls::server_files{in.path(*certificate), in.path(*key),
                                client_ca ? in.path(*client_ca) : std::filesystem::path{}};
  return out;
}

std::vector<std::string> named_keys(std::initializer_list<table_keys> tables) {
  std::vector<std::string> out;
  for (const auto& [table, keys] : tables)
    for (const auto& key : keys)
      out.push_back(std::string{table} + "." + std::string{key});
  std::sort(out.begin(), out.end());
  return out;
}

} // namespace truckee::settings
