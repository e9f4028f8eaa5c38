#include "truckee/gbs/server/identity.hpp"

#include "truckee/base/private_file.hpp"
#include "truckee/crypto/base32.hpp"

#include <array>
#include <unistd.h>

namespace truckee::gbs {

namespace {

using std::filesystem::path;

constexpr std::size_t file_bytes_max = 64 * 1024;
constexpr std::size_t swissnum_bytes = 20; // as Foolscap makes them

/// Whether it is there, of a folder that may be nobody's.
bool is_there(const path& file) {
  std::error_code ignored;
  return std::filesystem::exists(file, ignored);
}

/// Without a slash at its end, so that there is a folder above.
path plain(const path& given) {
  std::error_code failed;
  auto out = std::filesystem::absolute(given, failed).lexically_normal();
  return out.has_filename() ? out : out.parent_path();
}

result<secret_text> swissnum_in(const path& furl) {
  auto raw = read_small_file(furl, file_bytes_max);
  if (!raw)
    return tl::unexpected(raw.error());
  std::string_view text = as_text(*raw);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
    text.remove_suffix(1);
  const auto slash = text.rfind('/');
  secret_text out = slash == text.npos ? std::string_view{} : text.substr(slash + 1);
  const bool begins_well = text.starts_with("pb://");
  wipe(*raw);
  // By the rules of who will read it in a NURL.
  if (!begins_well || !parse_nurl(to_text(nurl{{}, {"127.0.0.1", 1}, out})))
    return fail(errc::configuration, furl.string() + ": expected \"pb://TUBID@HINTS/SWISSNUM\"");
  return out;
}

secret_text new_swissnum(random_source& random) {
  std::array<std::byte, swissnum_bytes> raw{};
  random.fill(raw);
  secret_text out = crypto::to_base32(raw);
  wipe(raw);
  return out;
}

result<void> write(const path& file, const secret_text& text) {
  return write_private_file(file, as_bytes(std::string_view(text)), existing_file::replace);
}

/// Of an address that stands for all of this machine's, its name.
address for_others(const address& at) {
  if (at.host != "0.0.0.0" && at.host != "::")
    return at;
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0)
    return at;
  const auto named = parse_address(std::string(name.data()) + ":" + std::to_string(at.port));
  return named ? *named : at;
}

} // namespace

result<server_identity> find_or_make_identity(const path& store, bool may_make, random_source& random) {
  const auto here = plain(store) / "private";
  const auto above = plain(store).parent_path() / "private";
  server_identity out;
  // Above there may be anybody's; a node's has both.
  const bool of_node =
      !is_there(here / "node.pem") && is_there(above / "node.pem") && is_there(above / "storage.furl");
  out.folder = of_node ? above : here;
  out.ours = !of_node;
  const auto pem_file = out.folder / "node.pem";
  const auto furl_file = out.folder / "storage.furl";
  if (!may_make && !(is_there(pem_file) && is_there(furl_file)))
    return fail(errc::configuration, store.string() +
                                         " has no private/node.pem and private/storage.furl; open it "
                                         "once for writing to make them");
  if (auto made = make_private_folder(out.folder); !made)
    return tl::unexpected(made.error());
  if (!is_there(pem_file)) {
    auto made = tls::make_self_signed();
    if (!made)
      return tl::unexpected(made.error());
    if (auto written = write(pem_file, made->pem); !written)
      return tl::unexpected(written.error());
  }
  auto pem = read_small_file(pem_file, file_bytes_max);
  if (!pem)
    return tl::unexpected(pem.error());
  auto key = tls::read_self_signed(*pem);
  wipe(*pem);
  if (!key)
    return fail(key.error().code, pem_file.string() + ": " + key.error().detail);
  out.key = std::move(*key);
  if (!is_there(furl_file)) {
    out.swissnum = new_swissnum(random);
    return out;
  }
  auto swissnum = swissnum_in(furl_file);
  if (!swissnum)
    return tl::unexpected(swissnum.error());
  out.swissnum = std::move(*swissnum);
  return out;
}

nurl nurl_of(const server_identity& who, const address& at) {
  nurl out{{}, for_others(at), who.swissnum};
  out.pin.data = who.key.key.data;
  return out;
}

result<nurl> write_down(const server_identity& who, const server_id& id, const address& at) {
  auto out = nurl_of(who, at);
  if (who.ours) {
    const auto before = "pb://" + crypto::to_base32(id.view()) + "@tcp:" + to_string(out.at) + "/";
    secret_text furl;
    furl.reserve(before.size() + who.swissnum.size() + 1);
    furl.append(before).append(who.swissnum).append("\n");
    if (auto written = write(who.folder / "storage.furl", furl); !written)
      return tl::unexpected(written.error());
  }
  auto text = to_text(out);
  text.append("\n");
  if (auto written = write(who.folder / "storage.nurl", text); !written)
    return tl::unexpected(written.error());
  return out;
}

} // namespace truckee::gbs
