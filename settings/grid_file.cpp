#include "truckee/settings/grid_file.hpp"

#include "truckee/crypto/base32.hpp"
#include "truckee/settings/config_tables.hpp"
#include "truckee/settings/log_table.hpp"
#include "truckee/tls/pin_text.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace truckee::settings {

namespace {

constexpr std::size_t seed_bytes_max = 64; // Tahoe-LAFS's own are 20, 32 or 52 bytes

constexpr std::array<std::string_view, 10> grid_file_keys{"client",  "encoding", "http",   "limits", "log",
                                                          "metrics", "publish",  "server", "status", "tls"};
constexpr std::array<std::string_view, 3> encoding_keys{"happy", "needed", "total"};
constexpr std::array<std::string_view, 11> server_keys{
    "any-user", "caf",  "certificate-pin",  "directory", "drain", "id", "metrics",
    "name",     "nurl", "permutation-seed", "preferred"};
constexpr std::array<std::string_view, 2> client_keys{"lease-secret", "read-only"};
constexpr std::array<std::string_view, 7> publish_keys{"coming",    "decides", "leaving", "liars",
                                                       "neighbour", "order",   "rounds"};
constexpr std::array<std::string_view, 1> status_keys{"listen"};
constexpr std::array<std::string_view, 2> http_keys{"listen", "token-file"};
constexpr auto limit_names = [] {
  std::array<std::string_view, limit_keys.size()> out;
  std::ranges::transform(limit_keys, out.begin(), &limit_key::name);
  return out;
}();

grid::spread read_encoding(config_reading& in) {
  grid::spread out;
  const auto* found = in.table("encoding");
  if (!found)
    return out;
  const toml_table t{*found, "[encoding]", encoding_keys, in.problem};
  const auto read = [&t](std::string_view key, std::uint8_t& into) {
    if (const auto n = t.number(key, 1, 255))
      into = static_cast<std::uint8_t>(*n);
  };
  read("needed", out.needed);
  read("total", out.total);
  // Who sets a small total and leaves happy out means: as happy as can be.
  out.happy = std::min(out.happy, out.total);
  read("happy", out.happy);
  if (out.needed > out.total)
    t.complain("needed", "is " + std::to_string(out.needed) + ", more than total, which is " +
                             std::to_string(out.total) + "; expected needed <= total");
  if (out.happy > out.total)
    t.complain("happy", "is " + std::to_string(out.happy) + ", more than total, which is " +
                            std::to_string(out.total) + "; expected happy <= total");
  return out;
}

std::optional<endpoint> read_endpoint(const toml_table& t, config_reading& in) {
  const auto kinds = std::count_if(server_keys.begin(), server_keys.end(), [&t](std::string_view key) {
    return (key == "directory" || key == "caf" || key == "nurl") && t.has(key);
  });
  if (kinds != 1) {
    t.complain("expected exactly one of directory, caf and nurl, found " + std::to_string(kinds));
    return std::nullopt;
  }
  if (const auto text = t.path("directory", "a path"))
    return local_directory{in.path(*text)};
  if (const auto text = t.text("caf", "HOST:PORT")) {
    if (auto at = parse_address(*text))
      return caf_address{*at};
    else
      t.complain("caf", at.error().detail);
  }
  if (const auto text = t.text("nurl", "a NURL")) {
    if (auto parsed = gbs::parse_nurl(*text))
      return *parsed;
    else
      t.complain("nurl", parsed.error().detail);
  }
  return std::nullopt;
}

server_config read_server(const toml::table& table, std::size_t index, config_reading& in) {
  server_config out;
  const auto* named = table.get_as<std::string>("name");
  const auto title = named && is_name(named->get()) ? "[[server]] \"" + named->get() + "\""
                                                    : "[[server]] number " + std::to_string(index + 1);
  const toml_table t{table, title, server_keys, in.problem};
  if (!t.has("name"))
    t.complain("name: is missing; expected " + std::string{name_form});
  if (auto name = t.text("name", name_form)) {
    if (is_name(*name))
      out.name = std::move(*name);
    else
      t.complain("name", "expected " + std::string{name_form});
  }
  if (auto where = read_endpoint(t, in))
    out.where = std::move(*where);
  if (const auto text = t.text("id", "32 characters of base32")) {
    const auto raw = crypto::from_base32(*text);
    out.id = raw ? server_id::from(*raw) : std::nullopt;
    if (!out.id)
      t.complain("id", "expected 32 characters of base32 in lower case (a-z, 2-7): the server's node id");
  }
  if (const auto text = t.text("permutation-seed", "base32")) {
    out.permutation_seed = crypto::from_base32(*text);
    if (!out.permutation_seed || out.permutation_seed->empty() ||
        out.permutation_seed->size() > seed_bytes_max)
      t.complain("permutation-seed", "expected base32 in lower case (a-z, 2-7) of 1 to 64 bytes");
  }
  if (const auto text = t.text("certificate-pin", "43 characters of url-safe base64")) {
    out.certificate_pin = tls::parse_pin(*text);
    if (!out.certificate_pin)
      t.complain("certificate-pin", "expected " + std::string{tls::pin_form});
    else if (!std::holds_alternative<caf_address>(out.where))
      t.complain("certificate-pin", "only a caf server has one; a nurl has its pin in it");
  }
  out.any_user = t.flag("any-user").value_or(false);
  if (out.any_user && !std::holds_alternative<caf_address>(out.where))
    t.complain("any-user", "only a caf server on loopback may be another user's");
  out.preferred = t.flag("preferred").value_or(false);
  out.drain = t.flag("drain").value_or(false);
  if (const auto text = t.text("metrics", "ADDRESS:PORT or a URL")) {
    if (const auto target = parse_scrape_target(*text))
      out.metrics = *target;
    else
      t.complain("metrics", target.error().detail);
  }
  if (out.metrics && std::holds_alternative<local_directory>(out.where))
    t.complain("metrics", "a directory is served by this process, whose own metrics have it; leave this out");
  return out;
}

/// The same server twice would count twice for happiness.
std::string where_text(const endpoint& where) {
  if (const auto* directory = std::get_if<local_directory>(&where))
    return "directory " + directory->path.string();
  if (const auto* caf = std::get_if<caf_address>(&where))
    return "caf address " + to_string(caf->at);
  return "address " + to_string(std::get<nurl>(where).at);
}

void check_server(const server_config& s, const std::vector<server_config>& before, const toml::table& table,
                  toml_problem& problem) {
  const auto title = "[[server]] \"" + s.name + "\"";
  for (const auto& other : before) {
    if (other.name == s.name)
      problem.at(table.source(), title, "name: another server has this name; names must differ");
    if (where_text(other.where) == where_text(s.where))
      problem.at(table.source(), title,
                 "\"" + other.name + "\" has the same " + where_text(s.where) +
                     "; each server is listed once");
    if (s.id && other.id == s.id)
      problem.at(table.source(), title, "id: \"" + other.name + "\" has the same id; ids must differ");
  }
}

std::vector<server_config> read_servers(config_reading& in) {
  std::vector<server_config> out;
  const auto* node = in.top.get("server");
  const auto* list = node ? node->as_array() : nullptr;
  if (!list || list->empty()) {
    in.problem.at(node ? node->source() : toml::source_region{}, "",
                  "expected at least one [[server]] with name and one of directory, caf and nurl");
    return out;
  }
  if (list->size() > servers_max) {
    in.problem.at(list->source(), "[[server]]", "more than " + std::to_string(servers_max) + " servers");
    return out;
  }
  for (const auto& each : *list) {
    const auto* table = each.as_table();
    if (!table) {
      in.problem.at(each.source(), "server", "expected tables, [[server]]");
      return out;
    }
    auto s = read_server(*table, out.size(), in);
    if (in.problem.any())
      return out;
    check_server(s, out, *table, in.problem);
    out.push_back(std::move(s));
  }
  return out;
}

limit_settings read_limits(config_reading& in) {
  limit_settings out;
  const auto* found = in.table("limits");
  if (!found)
    return out;
  const toml_table t{*found, "[limits]", limit_names, in.problem};
  for (const auto& key : limit_keys)
    set_limit(out, key, t.number(key.name, key.least, key.most));
  return out;
}

/// The middle of an exchange.
void read_exchange(const toml_table& t, grid_config& out) {
  const auto name = [&](std::string_view key) {
    const auto text = t.text(key, "the name of a server, or \"none\"");
    return text && *text != "none" ? *text : std::string();
  };
  grid::server_exchange read{name("leaving"), name("coming")};
  const auto decides = t.text("decides", "\"old\" or \"new\"").value_or("old");
  if (decides != "old" && decides != "new")
    t.complain("decides", "is \"" + decides +
                              "\"; expected \"old\" or \"new\": which servers decide what is "
                              "recoverable, those with leaving or those with coming");
  read.new_decides = decides == "new";
  if (read.leaving.empty() != read.coming.empty())
    t.complain(read.leaving.empty() ? "coming" : "leaving",
               "is named alone; expected both leaving and coming, or none of them");
  else if (read.leaving.empty() && read.new_decides)
    t.complain("decides", "is \"new\", and no server is exchanged; expected leaving and coming beside it");
  if (read.leaving.empty() || read.coming.empty())
    return;
  if (out.order != grid::order_name::strict)
    t.complain("leaving", "is named, and only the strict order has it; expected order = \"strict\"");
  out.exchange = std::move(read);
}

void read_publish(config_reading& in, grid_config& out) {
  const auto* found = in.table("publish");
  if (!found)
    return;
  const toml_table t{*found, "[publish]", publish_keys, in.problem};
  if (const auto text = t.text("order", "the name of an order")) {
    if (const auto order = grid::parse_order(*text))
      out.order = *order;
    else
      t.complain("order", order.error().detail);
  }
  const auto read = [&](std::string_view key, std::uint64_t least, std::uint64_t most, std::uint8_t& into) {
    const auto usual = into;
    if (const auto n = t.number(key, least, most))
      into = static_cast<std::uint8_t>(*n);
    if (into != usual && out.order != grid::order_name::strict)
      t.complain(key, "is " + std::to_string(into) +
                          ", and only the strict order has it; expected order = "
                          "\"strict\"");
  };
  read("liars", 0, 254, out.strict.liars);
  read("rounds", 1, 2, out.strict.rounds);
  if (const auto text = t.path("neighbour", "the path of a grid file, or \"none\"");
      text && *text != "none") {
    out.neighbour_file = in.path(*text);
    if (out.order != grid::order_name::strict)
      t.complain("neighbour", "is named, and only the strict order has it; expected order = \"strict\"");
  }
  read_exchange(t, out);
}

/// Refused as long as nothing is written: what no number of servers would keep.
void check_strict(const grid_config& config, config_reading& in) {
  if (config.order != grid::order_name::strict)
    return;
  if (config.exchange) {
    if (const auto can = grid::check_exchange(strict_grid_of(config)); !can)
      in.problem.at(in.top["publish"].node()->source(), "[publish] leaving, coming", can.error().detail);
    return;
  }
  const auto& spread = config.encoding;
  const auto servers = std::min<std::size_t>(config.servers.size(), spread.total);
  if (const auto can = grid::can_be_strict(spread.needed, spread.total, servers, config.strict); !can)
    in.problem.at(in.top["publish"].node()->source(), "[publish] order", can.error().detail);
}

void read_rest(config_reading& in, grid_config& out) {
  if (const auto* found = in.table("client")) {
    const toml_table t{*found, "[client]", client_keys, in.problem};
    if (const auto text = t.path("lease-secret", "the path of a file"))
      out.lease_secret = in.path(*text);
    out.read_only = t.flag("read-only").value_or(false);
  }
  if (const auto* found = in.table("log"))
    out.log = read_log_table(*found, in.folder, in.problem);
  out.metrics = read_metrics(in);
  if (const auto* found = in.table("status")) {
    const toml_table t{*found, "[status]", status_keys, in.problem};
    out.status_listen = read_address(t, "listen", true);
    if (out.status_listen && !out.status_listen->is_loopback())
      t.complain("listen", "expected a loopback address, e.g. 127.0.0.1:9402: the status page has no login");
  }
  if (const auto* found = in.table("http")) {
    const toml_table t{*found, "[http]", http_keys, in.problem};
    if (const auto text = t.text("listen", "ADDRESS:PORT or unix:PATH")) {
      const auto place = parse_http_place(*text, in.folder);
      if (place)
        out.http.listen = *place;
      else
        t.complain("listen", place.error().detail);
    }
    if (const auto text = t.path("token-file", "the path of a file"))
      out.http.token_file = in.path(*text);
  }
}

/// What leaves this machine goes over mutual TLS, and only there a certificate can be looked at.
void check_tls(const grid_config& config, config_reading& in) {
  if (config.tls)
    return;
  for (std::size_t i = 0; i < config.servers.size(); ++i) {
    if (config.servers[i].certificate_pin)
      in.problem.at(in.top["server"][i]["certificate-pin"].node()->source(),
                    "[[server]] \"" + config.servers[i].name + "\" certificate-pin",
                    "without [tls] no certificate is seen; name ca, certificate and key there");
    const auto* caf = std::get_if<caf_address>(&config.servers[i].where);
    if (caf && !caf->at.is_loopback())
      in.problem.at(
          in.top["server"][i]["caf"].node()->source(), "[[server]] \"" + config.servers[i].name + "\" caf",
          to_string(caf->at) + " is not a loopback address, so it needs mutual TLS: make certificates with "
                               "`truckee certs DIR NAME` and name them in [tls] ca, certificate and key");
  }
}

grid_config read_grid(config_reading& in) {
  const toml_table known{in.top, "", grid_file_keys, in.problem};
  grid_config out;
  out.encoding = read_encoding(in);
  read_publish(in, out);
  out.tls = read_tls(in);
  out.limits = read_limits(in);
  read_rest(in, out);
  out.servers = read_servers(in);
  if (!in.problem.any())
    check_tls(out, in);
  if (!in.problem.any())
    check_strict(out, in);
  return out;
}

} // namespace

result<grid_config> parse_grid_file(std::string_view text, const std::filesystem::path& file) {
  return parse_config(text, file, "a grid file", read_grid);
}

namespace {

result<grid_config> read_alone(const std::filesystem::path& file) {
  const auto text = read_config_text(file, "a grid file");
  if (!text)
    return tl::unexpected(text.error());
  return parse_grid_file(*text, file);
}

} // namespace

result<grid_config> read_grid_file(const std::filesystem::path& file) {
  auto out = read_alone(file);
  if (!out || !out->neighbour_file)
    return out;
  const auto where = file.string() + ": [publish] neighbour: ";
  const auto other = read_alone(*out->neighbour_file);
  if (!other)
    return fail(errc::configuration, where + other.error().detail);
  out->neighbour = strict_grid_of(*other);
  if (const auto fine = grid::may_meet(strict_grid_of(*out), *out->neighbour); !fine)
    return fail(errc::configuration,
                where + out->neighbour_file->string() +
                    " is none whose writers may write at the same time: " + fine.error().detail);
  return out;
}

grid::strict_grid strict_grid_of(const grid_config& config) {
  grid::strict_grid out{config.order, config.encoding.needed, config.encoding.total, config.strict,
                        {},           config.exchange};
  for (const auto& server : config.servers)
    out.members.push_back({server.name, server.id, server.permutation_seed, server.preferred});
  return out;
}

grid_config embedded_grid(const std::filesystem::path& data_home) {
  grid_config out;
  for (int i = 0; i < 10; ++i) {
    server_config s;
    s.name = std::to_string(i);
    s.where = local_directory{data_home / "truckee" / "grid" / s.name};
    out.servers.push_back(std::move(s));
  }
  return out;
}

std::vector<std::string> grid_file_keys() {
  return named_keys({{"client", client_keys},
                     {"encoding", encoding_keys},
                     {"http", http_keys},
                     {"limits", limit_names},
                     {"log", log_keys},
                     {"metrics", metrics_keys},
                     {"publish", publish_keys},
                     {"server", server_keys},
                     {"status", status_keys},
                     {"tls", tls_keys}});
}

} // namespace truckee::settings
