#include "truckee/settings/tahoe/announcements.hpp"

#include "truckee/base/text.hpp"
#include "truckee/crypto/base32.hpp"
#include "truckee/crypto/tagged_hash.hpp"
#include "truckee/settings/tahoe/yaml_document.hpp"

#include <algorithm>

namespace truckee::settings {

namespace {

using node = yaml_document::node;

constexpr std::size_t seed_bytes_max = 64; // as grid files have it
constexpr std::string_view key_id_prefix = "v0-";

/// A text that may be missing.
result<std::string_view> text_of(const std::optional<node>& at, const std::string& what) {
  if (!at)
    return std::string_view();
  const auto text = at->text();
  if (!text)
    return at->problem(what + ": expected a text");
  return *text;
}

/// What clients take that were told no seed.
bytes seed_of_id(std::string_view id) {
  if (id.starts_with(key_id_prefix))
    if (auto key = crypto::from_base32(id.substr(key_id_prefix.size())); key && key->size() == hash256::size)
      return *key;
  return to_bytes(crypto::sha256({as_bytes(id)}).view());
}

result<std::vector<gbs::nurl>> nurls_in(const std::optional<node>& at, const std::string& what) {
  std::vector<gbs::nurl> out;
  if (!at)
    return out;
  const auto list = at->elements(what);
  if (!list)
    return tl::unexpected(list.error());
  for (const auto& each : *list) {
    const auto text = each.text();
    if (!text)
      return each.problem(what + ": expected texts");
    if (!text->starts_with("pb://")) // Tor's and I2P's
      continue;
    auto nurl = gbs::parse_nurl(*text);
    if (!nurl)
      return each.problem(what + ": " + nurl.error().detail);
    out.push_back(std::move(*nurl));
  }
  return out;
}

result<announced_server> read_announcement(std::string_view id, const node& of) {
  announced_server out{std::string(id), {}, {}, {}, seed_of_id(id)};
  const auto title = "server " + escaped(id) + ": ";
  const auto all = of.entries(title + "ann");
  if (!all)
    return tl::unexpected(all.error());
  const auto nickname = text_of(member(*all, "nickname"), title + "nickname");
  if (!nickname)
    return tl::unexpected(nickname.error());
  out.nickname = *nickname;
  auto nurls = nurls_in(member(*all, "anonymous-storage-NURLs"), title + "anonymous-storage-NURLs");
  if (!nurls)
    return tl::unexpected(nurls.error());
  out.nurls = std::move(*nurls);
  if (const auto at = member(*all, "anonymous-storage-FURL")) {
    const auto text = at->text();
    const auto parsed = text ? parse_furl(*text) : result<furl>(fail(errc::configuration, "expected a text"));
    if (!parsed)
      return at->problem(title + "anonymous-storage-FURL: " + parsed.error().detail);
    out.tub_id = parsed->tub_id;
  }
  if (const auto at = member(*all, "permutation-seed-base32")) {
    const auto text = at->text();
    auto seed = text ? crypto::from_base32(*text) : std::nullopt;
    if (!seed || seed->empty() || seed->size() > seed_bytes_max)
      return at->problem(title +
                         "permutation-seed-base32: expected base32 in lower case (a-z, 2-7) of 1 to " +
                         std::to_string(seed_bytes_max) + " bytes");
    out.permutation_seed = std::move(*seed);
  }
  return out;
}

} // namespace

std::vector<address> tcp_hints(std::string_view text) {
  std::vector<address> out;
  while (!text.empty()) {
    const auto end = std::min(text.find(','), text.size());
    auto hint = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    hint.remove_prefix(std::min(hint.find_first_not_of(" \t\n"), hint.size()));
    hint = hint.substr(0, hint.find_last_not_of(" \t\n") + 1);
    if (!hint.starts_with("tcp:"))
      continue;
    if (auto at = parse_address(hint.substr(4)))
      out.push_back(std::move(*at));
  }
  return out;
}

result<furl> parse_furl(std::string_view text) {
  const auto bad = [](std::string_view why) {
    return fail(errc::configuration,
                "not a FURL: " + std::string(why) + "; expected \"pb://TUBID@tcp:HOST:PORT/SWISSNUM\"");
  };
  constexpr std::string_view scheme = "pb://";
  if (!text.starts_with(scheme))
    return bad("it does not begin with pb://");
  text.remove_prefix(scheme.size());
  const auto at = text.find('@');
  const auto slash = at == text.npos ? text.npos : text.find('/', at);
  if (slash == text.npos)
    return bad("the @ or the / is missing");
  const auto raw = crypto::from_base32(text.substr(0, at));
  const auto id = raw ? server_id::from(*raw) : std::nullopt;
  if (!id)
    return bad("the TUBID is not 32 characters of base32");
  furl out{*id, tcp_hints(text.substr(at + 1, slash - at - 1)), text.substr(slash + 1)};
  if (out.swissnum.empty())
    return bad("the SWISSNUM is missing");
  return out;
}

result<std::vector<announced_server>> read_static_servers(std::string_view text,
                                                          const std::filesystem::path& file) {
  std::vector<announced_server> out;
  const auto document = yaml_document::parse(text, file);
  if (!document)
    return tl::unexpected(document.error());
  const auto root = document->root();
  if (!root || root->is_null())
    return out;
  const auto top = root->entries("the file");
  if (!top)
    return tl::unexpected(top.error());
  const auto storage = member(*top, "storage");
  if (!storage)
    return out;
  const auto servers = storage->entries("storage");
  if (!servers)
    return tl::unexpected(servers.error());
  for (const auto& [id, value] : *servers) {
    const auto title = "server " + escaped(id);
    const auto keys = value.entries(title);
    if (!keys)
      return tl::unexpected(keys.error());
    const auto announced = member(*keys, "ann");
    if (!announced)
      return value.problem(title + ": ann: is missing; expected what the server announces");
    auto one = read_announcement(id, *announced);
    if (!one)
      return tl::unexpected(one.error());
    out.push_back(std::move(*one));
  }
  return out;
}

result<std::vector<announced_server>> read_introduced_servers(std::string_view text,
                                                              const std::filesystem::path& file) {
  std::vector<announced_server> out;
  const auto document = yaml_document::parse(text, file);
  if (!document)
    return tl::unexpected(document.error());
  const auto root = document->root();
  if (!root || root->is_null())
    return out;
  const auto list = root->elements("the file");
  if (!list)
    return tl::unexpected(list.error());
  for (const auto& each : *list) {
    const auto keys = each.entries("announcement");
    if (!keys)
      return tl::unexpected(keys.error());
    const auto announced = member(*keys, "ann");
    const auto id = text_of(member(*keys, "key_s"), "key_s");
    if (!id)
      return tl::unexpected(id.error());
    if (!announced || id->empty())
      return each.problem("announcement: ann or key_s is missing");
    const auto inner = announced->entries("ann");
    if (!inner)
      return tl::unexpected(inner.error());
    const auto service = text_of(member(*inner, "service-name"), "service-name");
    if (!service)
      return tl::unexpected(service.error());
    if (!service->empty() && *service != "storage")
      continue;
    auto one = read_announcement(*id, *announced);
    if (!one)
      return tl::unexpected(one.error());
    out.push_back(std::move(*one));
  }
  return out;
}

} // namespace truckee::settings
