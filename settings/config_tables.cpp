#include "truckee/settings/config_tables.hpp"

#include "truckee/base/private_file.hpp"
#include "truckee/base/text.hpp"

#include <algorithm>

namespace truckee::settings {

namespace {

constexpr std::size_t file_bytes_max = 1 << 20;
constexpr std::size_t name_chars_max = 64;
/// Parts of one dotted key; toml++ calls itself once for each. No file of ours has more than two.
constexpr std::size_t key_parts_max = 32;

/// Behind the text that begins at `at`, in any of TOML's four quotes; the end of the text if it is not closed.
std::size_t skip_quotes(std::string_view text, std::size_t at) {
  const char quote = text[at];
  const bool many_lines = text.substr(at, 3) == std::string(3, quote);
  at += many_lines ? 3 : 1;
  for (; at < text.size(); ++at) {
    if (text[at] == '\\' && quote == '"')
      ++at;
    else if (text[at] == '\n' && !many_lines)
      return at;
    else if (many_lines ? text.substr(at, 3) == std::string(3, quote) : text[at] == quote)
      // Up to two quotes before the closing three belong to the text.
      return std::min(text.find_first_not_of(quote, at), at + (many_lines ? 5 : 1));
  }
  return text.size();
}

/// The line with a key of too many parts; 0: there is none.
std::size_t line_of_endless_key(std::string_view text) {
  std::size_t dots = 0;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"' || c == '\'') {
      at = skip_quotes(text, at);
      continue;
    }
    if (c == '#')
      at = std::min(text.find('\n', at), text.size() - 1);
    if (c == '.' && ++dots >= key_parts_max)
      return 1 + static_cast<std::size_t>(
                     std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
    if (std::string_view("\n=,{}[]#").find(c) != std::string_view::npos)
      dots = 0;
    ++at;
  }
  return 0;
}

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
  if (const auto line = line_of_endless_key(text); line > 0)
    return fail(errc::configuration, file.string() + ":" + std::to_string(line) + ": a key has more than " +
                                         std::to_string(key_parts_max) + " parts; this is not " +
                                         std::string{kind});
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
