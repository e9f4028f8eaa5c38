#include "truckee/settings/tahoe/import.hpp"

#include "truckee/base/private_file.hpp"
#include "truckee/base/text.hpp"
#include "truckee/crypto/base32.hpp"
#include "truckee/crypto/keys.hpp"
#include "truckee/settings/name.hpp"
#include "truckee/settings/tahoe/announcements.hpp"
#include "truckee/settings/tahoe/ini_file.hpp"
#include "truckee/tls/certificate_file.hpp"

#include <algorithm>
#include <set>

namespace truckee::settings {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t announcements_bytes_max = 8 << 20;
constexpr std::size_t small_bytes_max = 4096;
constexpr std::size_t name_chars_max = 64;

/// A file of one line.
result<std::string> read_line(const fs::path& file, std::string_view what_to_do) {
  const auto read = read_small_file(file, small_bytes_max);
  if (!read)
    return fail(errc::configuration, read.error().detail + "; " + std::string(what_to_do));
  auto text = std::string(as_text(*read));
  text.erase(text.find_last_not_of(" \r\n\t") + 1);
  return text;
}

/// A name that a grid file takes, as near to the text as can be.
std::string as_name(std::string_view text) {
  std::string out(text.substr(0, name_chars_max));
  for (auto& c : out)
    if (!is_name(std::string_view(&c, 1)))
      c = '-';
  return out;
}

/// Collects servers that may stand in one grid file.
class server_list {
public:
  explicit server_list(imported_grid& into) : into_(into) {}

  /// `names`: what it would be called, best first; the last one is its own.
  void add(server_config server, std::initializer_list<std::string> names) {
    const auto& at = std::get<nurl>(server.where).at;
    for (const auto& other : into_.servers) {
      const bool same_place = std::get<nurl>(other.where).at == at;
      if (!same_place && !(server.id && other.id == server.id))
        continue;
      into_.left_out.push_back(
          *(names.end() - 1) + " is left out: " + other.name +
          (same_place ? " is at the same address, " + to_string(at) : std::string(" has the same tub id")));
      return;
    }
    for (const auto& each : names) {
      server.name = as_name(each);
      if (!each.starts_with('-') && is_name(server.name) && taken_.insert(server.name).second)
        break;
    }
    into_.servers.push_back(std::move(server));
  }

private:
  imported_grid& into_;
  std::set<std::string> taken_;
};

result<std::vector<announced_server>>
read_announced(const fs::path& file,
               result<std::vector<announced_server>> (*read)(std::string_view, const fs::path&)) {
  auto text = read_small_file(file, announcements_bytes_max);
  if (!text)
    return tl::unexpected<error>(error{errc::configuration, text.error().detail});
  auto out = read(as_text(*text), file);
  wipe(*text);
  return out;
}

/// private/introducer_NAME_cache.yaml, in the order of their names.
std::vector<fs::path> introducer_caches(const fs::path& folder) {
  std::vector<fs::path> out;
  std::error_code ignored;
  for (const auto& each : fs::directory_iterator(folder / "private", ignored)) {
    const auto name = each.path().filename().string();
    if (name.starts_with("introducer_") && name.ends_with("_cache.yaml"))
      out.push_back(each.path());
  }
  std::ranges::sort(out);
  return out;
}

fs::path static_servers(const fs::path& folder) {
  return folder / "private" / "servers.yaml";
}

std::vector<std::string> preferred_ids(const ini_file& config) {
  std::vector<std::string> out;
  std::string now;
  for (const char c : config.text("client", "peers.preferred") + ",") {
    if (c == ',') {
      if (!now.empty())
        out.push_back(now);
      now.clear();
    } else if (c != ' ' && c != '\n' && c != '\t') {
      now += c;
    }
  }
  return out;
}

result<grid::spread> read_spread(const ini_file& config) {
  grid::spread out;
  const auto read = [&](std::string_view key, std::uint8_t& into) -> result<void> {
    const auto n = config.number("client", key, into, 1, 255);
    if (!n)
      return tl::unexpected(n.error());
    into = static_cast<std::uint8_t>(*n);
    return {};
  };
  for (const auto& [key, into] :
       {std::pair{"shares.needed", &out.needed}, {"shares.total", &out.total}, {"shares.happy", &out.happy}})
    if (const auto done = read(key, *into); !done)
      return tl::unexpected(done.error());
  if (out.needed > out.total)
    return config.problem("client", "shares.needed",
                          "is more than shares.total, which is " + std::to_string(out.total));
  if (out.happy > out.total)
    return config.problem("client", "shares.happy",
                          "is more than shares.total, which is " + std::to_string(out.total));
  return out;
}

void add_announced(server_list& to, imported_grid& out, announced_server from, bool preferred) {
  if (from.nurls.empty()) {
    out.left_out.push_back((from.nickname.empty() ? from.id : from.nickname + " (" + from.id + ")") +
                           " is left out: it announces no NURL, so it can be reached over Foolscap alone");
    return;
  }
  server_config server;
  server.where = from.nurls.front();
  server.id = from.tub_id;
  server.permutation_seed = std::move(from.permutation_seed);
  server.preferred = preferred;
  const auto short_id = from.id.substr(0, 11); // "v0-" and as much as Tahoe-LAFS shows, and a little more
  to.add(std::move(server),
         {from.nickname, from.nickname.substr(0, name_chars_max - 12) + "-" + short_id, short_id, from.id});
}

/// One storage node as a server, or a reason why it is none that can be reached.
result<std::optional<server_config>> read_node(const fs::path& folder, const ini_file& config,
                                               std::vector<std::string>& left_out) {
  const auto enabled = config.flag("storage", "enabled", true);
  if (!enabled)
    return tl::unexpected(enabled.error());
  const auto foolscap = config.flag("storage", "force_foolscap", false);
  if (!foolscap)
    return tl::unexpected(foolscap.error());
  if (!*enabled || *foolscap) {
    left_out.push_back(folder.string() + " is left out: its tahoe.cfg says [storage] " +
                       (*enabled ? "force_foolscap = true" : "enabled = false"));
    return std::nullopt;
  }
  const auto pem = folder / "private" / "node.pem";
  const auto names = tls::read_certificate_names(pem);
  if (!names)
    return fail(errc::configuration, names.error().detail + "; a node makes it when it first starts");
  const auto furl_file = folder / "private" / "storage.furl";
  const auto furl_text = read_line(furl_file, "a storage node makes it when it first starts");
  if (!furl_text)
    return tl::unexpected(furl_text.error());
  const auto found = parse_furl(*furl_text);
  if (!found)
    return fail(errc::configuration, furl_file.string() + ": " + found.error().detail);
  if (found->tub_id != names->id)
    return fail(errc::configuration, furl_file.string() + ": its tub id is not that of the certificate in " +
                                         pem.string() + "; they belong to different nodes");
  auto at = tcp_hints(config.text("node", "tub.location"));
  if (at.empty())
    at = found->at;
  if (at.empty())
    return config.problem("node", "tub.location",
                          "there is no tcp:HOST:PORT in it, nor in " + furl_file.string() +
                              ": nobody can tell where the node listens");
  server_config out;
  nurl where{{}, at.front(), found->swissnum};
  where.pin.data = names->key.data;
  // One that our own reader does not take shall not stand in a grid file.
  if (const auto good = gbs::parse_nurl(gbs::to_text(where)); !good)
    return fail(errc::configuration, furl_file.string() + ": " + good.error().detail);
  out.where = std::move(where);
  out.id = names->id;
  const auto seed_file = folder / "permutation-seed";
  const auto seed = read_line(seed_file, "a storage node makes it when it first starts");
  if (!seed)
    return tl::unexpected(seed.error());
  out.permutation_seed = crypto::from_base32(*seed);
  if (!out.permutation_seed || out.permutation_seed->empty())
    return fail(errc::configuration,
                seed_file.string() + ": expected one line of base32 in lower case (a-z, 2-7)");
  return out;
}

result<ini_file> read_config(const fs::path& folder) {
  auto out = ini_file::read(folder / "tahoe.cfg");
  if (!out && !fs::exists(folder / "tahoe.cfg"))
    return fail(errc::configuration,
                folder.string() +
                    ": there is no tahoe.cfg in it; expected the directory of a Tahoe-LAFS node");
  return out;
}

result<imported_grid> with_servers(imported_grid out, std::string_view why_none) {
  if (!out.servers.empty())
    return out;
  std::string detail(why_none);
  for (const auto& each : out.left_out)
    detail += "; " + each;
  return fail(errc::configuration, detail);
}

/// In TOML's quotes.
std::string in_quotes(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out = "\"";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      out += std::string{'\\', c};
    else if (code < 0x20 || code == 0x7f)
      out += std::string("\\u00") + digits[code >> 4] + digits[code & 15];
    else
      out += c;
  }
  return out + "\"";
}

} // namespace

namespace {

/// Whether an introducer is named to it.
bool asks_introducers(const fs::path& folder, const ini_file& config) {
  return config.find("client", "introducer.furl") != nullptr ||
         fs::exists(folder / "private" / "introducers.yaml");
}

} // namespace

bool knows_servers(const fs::path& folder) {
  return fs::exists(static_servers(folder)) || !introducer_caches(folder).empty();
}

result<imported_grid> import_client(const fs::path& folder) {
  const auto config = read_config(folder);
  if (!config)
    return tl::unexpected(config.error());
  imported_grid out;
  const auto spread = read_spread(*config);
  if (!spread)
    return tl::unexpected(spread.error());
  out.encoding = *spread;
  std::vector<announced_server> found;
  std::set<std::string> known;
  // What a person wrote comes before what introducers said of the same server.
  const auto take = [&](result<std::vector<announced_server>> more) -> result<void> {
    if (!more)
      return tl::unexpected(more.error());
    for (auto& each : *more)
      if (known.insert(each.id).second)
        found.push_back(std::move(each));
    return {};
  };
  if (fs::exists(static_servers(folder)))
    if (const auto done = take(read_announced(static_servers(folder), read_static_servers)); !done)
      return tl::unexpected(done.error());
  for (const auto& cache : introducer_caches(folder))
    if (const auto done = take(read_announced(cache, read_introduced_servers)); !done)
      return tl::unexpected(done.error());
  const auto preferred = preferred_ids(*config);
  for (const auto& id : preferred)
    if (!known.contains(id))
      out.left_out.push_back("[client] peers.preferred names " + id + ", of which nothing else is known");
  server_list list(out);
  for (auto& each : found) {
    const bool first = std::ranges::find(preferred, each.id) != preferred.end();
    add_announced(list, out, std::move(each), first);
  }
  if (const auto secret = folder / "private" / "secret"; fs::exists(secret))
    out.lease_secret = secret;
  return with_servers(std::move(out),
                      folder.string() + ": this client knows no server that can be reached (" +
                          static_servers(folder).string() + ", private/introducer_*_cache.yaml)");
}

result<imported_grid> import_nodes(std::span<const fs::path> folders) {
  imported_grid out;
  server_list list(out);
  for (const auto& folder : folders) {
    const auto config = read_config(folder);
    if (!config)
      return tl::unexpected(config.error());
    auto server = read_node(folder, *config, out.left_out);
    if (!server)
      return tl::unexpected(server.error());
    if (!*server)
      continue;
    const auto id = crypto::to_base32((*server)->id->view());
    const auto own = fs::weakly_canonical(folder).filename().string();
    list.add(std::move(**server), {config->text("node", "nickname"), own,
                                   own.substr(0, name_chars_max - 9) + "-" + id.substr(0, 8), id});
  }
  out.encoding.happy =
      static_cast<std::uint8_t>(std::clamp<std::size_t>(out.servers.size(), 1, out.encoding.happy));
  return with_servers(std::move(out), "none of these nodes can be reached");
}

result<imported_grid> import_directories(std::span<const fs::path> folders) {
  if (folders.size() == 1 && knows_servers(folders.front()))
    return import_client(folders.front());
  for (const auto& folder : folders) {
    if (fs::exists(folder / "private" / "storage.furl"))
      continue; // a storage node, which may be a client too
    if (knows_servers(folder))
      return fail(errc::configuration,
                  folder.string() +
                      " is a client's directory: it knows its servers by itself, so import it alone");
    const auto config = read_config(folder);
    if (!config)
      return tl::unexpected(config.error());
    if (asks_introducers(folder, *config))
      return fail(
          errc::configuration,
          folder.string() +
              ": this client asks an introducer for its servers, and has been told of none yet. Start it "
              "(`tahoe "
              "run`) until private/introducer_*_cache.yaml is there and import it then; or write its servers "
              "into private/servers.yaml; or import the storage nodes' own directories");
  }
  return import_nodes(folders);
}

result<secret_text> read_lease_secret(const fs::path& file) {
  auto read = read_small_file(file, small_bytes_max);
  if (!read)
    return fail(errc::configuration, read.error().detail);
  secret_text text(as_text(*read));
  wipe(*read);
  text.resize(text.find_last_not_of(" \r\n\t") + 1);
  auto raw = crypto::from_base32(text);
  const bool good = raw && raw->size() == crypto::lease_secret::size;
  if (raw)
    wipe(*raw);
  if (!good)
    return fail(errc::configuration,
                file.string() + ": not a lease secret; expected 32 bytes in lower-case base32");
  text.push_back('\n');
  return text;
}

secret_text grid_text(const imported_grid& from, std::string_view made_of, std::string_view lease_secret) {
  std::string head = "# Made by `truckee grid import` of " + escaped(made_of) +
                     ". Who reads it may use these servers.\n\n[encoding]\nneeded = " +
                     std::to_string(from.encoding.needed) +
                     "\ntotal = " + std::to_string(from.encoding.total) +
                     "\nhappy = " + std::to_string(from.encoding.happy) + "\n";
  if (!lease_secret.empty())
    head += "\n[client]\nlease-secret = " + in_quotes(lease_secret) + "\n";
  secret_text out(head);
  for (const auto& each : from.servers) {
    out.append("\n[[server]]\nname = " + in_quotes(each.name) + "\nnurl = \"");
    out.append(gbs::to_text(std::get<nurl>(each.where))).append("\"\n");
    if (each.id)
      out.append("id = \"" + crypto::to_base32(each.id->view()) + "\"\n");
    if (each.permutation_seed)
      out.append("permutation-seed = \"" + crypto::to_base32(*each.permutation_seed) + "\"\n");
    if (each.preferred)
      out.append("preferred = true\n");
  }
  return out;
}

} // namespace truckee::settings
