#include "truckee/gbs/serving.hpp"

#include "truckee/crypto/base32.hpp"
#include "truckee/gbs/base64.hpp"
#include "truckee/gbs/cbor.hpp"
#include "truckee/gbs/limits.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace truckee::gbs {

namespace {

constexpr std::string_view storage_prefix = "/storage/v1/";
constexpr std::size_t range_digits_max = 19; ///< any number of that many digits fits
constexpr std::size_t headers_max = 64;

using rejected = tl::unexpected<response>;

std::string lowered(std::string_view text) {
  std::string out{text};
  std::ranges::transform(out, out.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

/// The only header of that name; nothing where there is none.
const secret_text* header_of(const received& x, std::string_view name) {
  for (const auto& [each, value] : x.headers)
    if (lowered(each) == lowered(name))
      return &value;
  return nullptr;
}

bool may_use(const received& x, const secret_text& swissnum) {
  const auto* found = header_of(x, headers::authorization);
  const auto wanted = to_base64(as_bytes(std::string_view(swissnum)));
  constexpr std::string_view scheme = "Tahoe-LAFS ";
  return found != nullptr && std::string_view(*found).starts_with(scheme) &&
         equal_constant_time(as_bytes(std::string_view(*found).substr(scheme.size())),
                             as_bytes(std::string_view(wanted)));
}

std::vector<std::string_view> parts_of(std::string_view path) {
  std::vector<std::string_view> out;
  for (;;) {
    const auto slash = path.find('/');
    out.push_back(path.substr(0, slash));
    if (slash == path.npos)
      return out;
    path.remove_prefix(slash + 1);
  }
}

std::optional<storage_index> slot_in(std::string_view text) {
  const auto raw = crypto::from_base32(text);
  return raw ? storage_index::from(*raw) : std::nullopt;
}

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t out = 0;
  const auto* end = text.data() + text.size();
  if (text.empty() || text.size() > range_digits_max || std::from_chars(text.data(), end, out).ptr != end)
    return std::nullopt;
  return out;
}

std::optional<share_number> share_in(std::string_view text) {
  const auto number = number_in(text);
  if (!number || *number > 255)
    return std::nullopt;
  return share_number{static_cast<std::uint8_t>(*number)};
}

/// "bytes=6-9" and nothing else: one range with both ends.
std::optional<grid::read_vector> range_in(std::string_view text) {
  constexpr std::string_view unit = "bytes=";
  const auto dash = text.find('-');
  if (!text.starts_with(unit) || dash == text.npos)
    return std::nullopt;
  const auto first = number_in(text.substr(unit.size(), dash - unit.size()));
  const auto last = number_in(text.substr(dash + 1));
  if (!first || !last || *last < *first)
    return std::nullopt;
  return grid::read_vector{*first, *last - *first + 1};
}

/// The secrets of a request: exactly those that are named, once each, 32 bytes each.
tl::expected<std::vector<server_secret>, response> secrets_in(const received& x,
                                                              std::initializer_list<std::string_view> names) {
  std::vector<std::optional<server_secret>> found(names.size());
  std::size_t count = 0;
  for (const auto& [name, value] : x.headers) {
    if (lowered(name) != lowered(headers::secret))
      continue;
    ++count;
    const auto text = std::string_view(value);
    const auto space = text.find(' ');
    const auto at = std::ranges::find(names, text.substr(0, space));
    auto raw = space == text.npos ? std::nullopt : from_base64(text.substr(space + 1));
    if (!raw)
      return rejected(told(400, "a secret is not base64"));
    auto secret = server_secret::from(*raw);
    wipe(*raw);
    if (!secret)
      return rejected(told(400, "a secret is not 32 bytes long"));
    if (at != names.end())
      found[static_cast<std::size_t>(at - names.begin())] = *secret;
  }
  if (count != names.size() || std::ranges::any_of(found, [](const auto& y) { return !y; }))
    return rejected(told(400, "not exactly the secrets that this takes"));
  std::vector<server_secret> out;
  for (const auto& y : found)
    out.push_back(*y);
  return out;
}

std::vector<grid::read_vector> parse_reads(cbor_reader& in) {
  std::vector<grid::read_vector> out;
  in.array("read-vector", reads_max, [&] {
    auto& each = out.emplace_back();
    in.record("read-vector", {"offset", "size"},
              [&](std::string_view key) { (key == "offset" ? each.offset : each.length) = in.number(key); });
  });
  return out;
}

grid::share_change parse_change(cbor_reader& in, std::size_t bytes_max) {
  grid::share_change out;
  const auto number = in.number("share number");
  if (number > 255)
    in.complain("share number", "is above 255");
  out.share.value = static_cast<std::uint8_t>(number);
  in.record("share", {"test", "write", "new-length"}, [&](std::string_view part) {
    if (part == "new-length")
      out.new_length = in.number_or_null(part);
    else if (part == "test")
      in.array(part, tests_max, [&] {
        auto& each = out.tests.emplace_back();
        in.record("test", {"offset", "size", "specimen"}, [&](std::string_view key) {
          if (key == "specimen")
            each.specimen = in.bytes(key, bytes_max);
          else
            (key == "offset" ? each.offset : each.length) = in.number(key);
        });
      });
    else
      in.array(part, writes_max, [&] {
        auto& each = out.writes.emplace_back();
        in.record("write", {"offset", "data"}, [&](std::string_view key) {
          if (key == "offset")
            each.offset = in.number(key);
          else
            each.data = in.bytes(key, bytes_max);
        });
      });
  });
  return out;
}

bool is_cbor(const received& x) {
  const auto* type = header_of(x, headers::content_type);
  return type == nullptr || std::string_view(*type) == cbor_type;
}

bool takes_cbor(const received& x) {
  const auto* accept = header_of(x, headers::accept);
  return accept == nullptr || std::string_view(*accept).find(cbor_type) != std::string_view::npos ||
         std::string_view(*accept).find("*/*") != std::string_view::npos;
}

tl::expected<asked, response> parse_share(const received& x, const storage_index& slot, share_number share) {
  const auto* text = header_of(x, headers::range);
  if (text == nullptr)
    return share_asked{slot, share, {}};
  const auto range = range_in(*text);
  if (!range) // Tahoe-LAFS's client wants the type of what it would have got even then
    return rejected({416, std::string(share_type), {}, {}});
  return share_asked{slot, share, range};
}

tl::expected<asked, response> parse_advice(const received& x, const storage_index& slot, share_number share) {
  if (!is_cbor(x))
    return rejected(bare(415));
  return advice_given{slot, share, {}};
}

tl::expected<asked, response> parse_write(const received& x, const storage_index& slot) {
  if (!is_cbor(x))
    return rejected(bare(415));
  const auto secrets = secrets_in(x, {"write-enabler", "lease-renew-secret", "lease-cancel-secret"});
  if (!secrets)
    return rejected(secrets.error());
  return grid::read_test_write{slot, {(*secrets)[0], (*secrets)[1], (*secrets)[2]}, {}, {}};
}

tl::expected<asked, response> with_body(grid::read_test_write head, const shared_bytes& body) {
  auto said = parse_read_test_write(body);
  if (!said)
    return rejected(told(400, said.error().detail));
  head.changes = std::move(said->changes);
  head.reads = std::move(said->reads);
  return head;
}

tl::expected<asked, response> with_body(advice_given head, const shared_bytes& body) {
  cbor_reader in(body);
  in.record("advice", {"reason"},
            [&](std::string_view key) { head.reason = in.text(key, reason_bytes_max); });
  if (in.good() && head.reason.empty())
    in.complain("reason", "is empty");
  if (!in.good())
    return rejected(told(400, in.problem()->detail));
  return head;
}

template <class Other>
tl::expected<asked, response> with_body(Other head, const shared_bytes&) {
  return head;
}

tl::expected<asked, response> parse_lease(const received& x, const storage_index& slot) {
  const auto secrets = secrets_in(x, {"lease-renew-secret", "lease-cancel-secret"});
  if (!secrets)
    return rejected(secrets.error());
  return lease_asked{slot, (*secrets)[0], (*secrets)[1]};
}

response only_by(std::string_view method) {
  auto out = bare(405);
  out.allow = method;
  return out;
}

/// The path leads somewhere, but not with this method.
tl::expected<asked, response> only(const received& x, method wanted,
                                   tl::expected<asked, response> (*then)(const received&,
                                                                         const storage_index&),
                                   const storage_index& slot) {
  return x.method == to_word(wanted) ? then(x, slot) : rejected(only_by(to_word(wanted)));
}

} // namespace

result<grid::read_test_write> parse_read_test_write(const shared_bytes& body) {
  cbor_reader in(body);
  grid::read_test_write out;
  in.record("change", {"test-write-vectors", "read-vector"}, [&](std::string_view key) {
    if (key == "read-vector")
      out.reads = parse_reads(in);
    else
      in.map(key, shares_max, [&] {
        auto each = parse_change(in, body.size());
        const bool twice =
            std::ranges::any_of(out.changes, [&](const auto& y) { return y.share == each.share; });
        if (twice)
          in.complain("test-write-vectors", "has share " + std::to_string(each.share.value) + " twice");
        out.changes.push_back(std::move(each));
      });
  });
  // Bytes after the document are let pass, as the real server does.
  if (const auto problem = in.problem())
    return tl::unexpected(*problem);
  return out;
}

tl::expected<asked, response> parse_request(const received& x, const secret_text& swissnum) {
  auto head = parse_head(x, swissnum);
  if (!head)
    return head;
  return std::visit([&](auto& known) { return with_body(std::move(known), x.body); }, *head);
}

tl::expected<asked, response> parse_head(const received& x, const secret_text& swissnum) {
  if (x.headers.size() > headers_max)
    return rejected(bare(431));
  if (!may_use(x, swissnum))
    return rejected(told(401, "Wrong Authorization header"));
  if (!std::string_view(x.target).starts_with(storage_prefix))
    return rejected(bare(404));
  const auto parts = parts_of(std::string_view(x.target).substr(storage_prefix.size()));
  if (parts.size() == 1 && parts[0] == "version") {
    if (x.method != "GET")
      return rejected(only_by("GET"));
    return takes_cbor(x) ? tl::expected<asked, response>(version_asked{}) : rejected(bare(406));
  }
  const auto slot = parts.size() > 1 ? slot_in(parts[1]) : std::nullopt;
  if (!slot)
    return rejected(bare(404));
  if (parts.size() == 2 && parts[0] == "lease")
    return only(x, method::put, parse_lease, *slot);
  if (parts[0] != "mutable" || parts.size() < 3)
    return rejected(bare(404));
  if (parts.size() == 3 && parts[2] == "shares")
    return only(
        x, method::get,
        [](const received& y, const storage_index& of) -> tl::expected<asked, response> {
          return takes_cbor(y) ? tl::expected<asked, response>(shares_asked{of}) : rejected(bare(406));
        },
        *slot);
  if (parts.size() == 3 && parts[2] == "read-test-write")
    return only(x, method::post, parse_write, *slot);
  const auto share = share_in(parts[2]);
  if (!share || (parts.size() == 4 && parts[3] != "corrupt") || parts.size() > 4)
    return rejected(bare(404));
  const std::string_view wanted = parts.size() == 4 ? "POST" : "GET";
  if (x.method != wanted)
    return rejected(only_by(wanted));
  return parts.size() == 4 ? parse_advice(x, *slot, *share) : parse_share(x, *slot, *share);
}

// -- answers --

namespace {

response in_cbor(cbor_writer& body) {
  return {200, std::string(cbor_type), {}, joined(body.take())};
}

} // namespace

response version_answer(const grid::store_info& info, std::uint64_t immutable_share_bytes_max) {
  const auto word = [](std::string_view x) { return shared_bytes::copy_of(x); };
  cbor_writer out;
  out.map(2).bytes(word("http://allmydata.org/tahoe/protocols/storage/v1")).map(3);
  out.bytes(word("maximum-immutable-share-size")).number(immutable_share_bytes_max);
  out.bytes(word("maximum-mutable-share-size")).number(info.share_bytes_max);
  out.bytes(word("available-space")).number(info.read_only ? 0 : info.bytes_available);
  out.bytes(word("application-version")).bytes(word(info.software));
  return in_cbor(out);
}

response shares_answer(const std::vector<share_number>& shares) {
  cbor_writer out;
  out.tag(set_tag).array(shares.size());
  for (const auto x : shares)
    out.number(x.value);
  return in_cbor(out);
}

response range_answer(std::uint64_t offset, shared_bytes data) {
  if (data.empty())
    return {204, std::string(share_type), {}, {}};
  auto range = "bytes " + std::to_string(offset) + "-" + std::to_string(offset + data.size() - 1) + "/*";
  return {206, std::string(share_type), std::move(range), std::move(data)};
}

response share_answer(shared_bytes data) {
  return {200, std::string(share_type), {}, std::move(data)};
}

response change_answer_of(bool success, const grid::share_reads& reads) {
  cbor_writer out;
  out.map(2).text("success").boolean(success).text("data").map(reads.size());
  for (const auto& [share, shown] : reads) {
    out.number(share.value).array(shown.size());
    for (const auto& x : shown)
      out.bytes(x);
  }
  return in_cbor(out);
}

response bare(unsigned status) {
  return {status, {}, {}, {}};
}

response told(unsigned status, std::string_view words) {
  return {status, {}, {}, shared_bytes::copy_of(words)};
}

} // namespace truckee::gbs
