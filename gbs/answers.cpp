#include "truckee/gbs/answers.hpp"

#include "truckee/base/text.hpp"
#include "truckee/gbs/cbor.hpp"
#include "truckee/gbs/limits.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace truckee::gbs {

namespace {

constexpr std::string_view protocol_key = "http://allmydata.org/tahoe/protocols/storage/v1";
constexpr std::size_t version_keys_max = 64;
constexpr std::size_t version_word_bytes_max = 256;
constexpr unsigned largest_share = 255;

tl::unexpected<refusal> refused(refusal_kind kind, unsigned status, std::string detail) {
  return tl::unexpected<refusal>(refusal{kind, status, std::move(detail)});
}

tl::unexpected<refusal> malformed(const response& x, const std::string& what) {
  return refused(refusal_kind::malformed, x.status,
                 "its answer (" + std::to_string(x.status) + ") makes no sense: " + what);
}

/// What a server says in its own words, in one line.
std::string words_of(const response& x) {
  const auto text = as_text(x.body.view());
  if (text.empty() || x.content_type.starts_with("text/html")) // a page, made of the status
    return {};
  return ": " + escaped(text.substr(0, words_bytes_max)) + (text.size() > words_bytes_max ? "..." : "");
}

/// What every status means that is not the wanted one.
tl::unexpected<refusal> refusal_of(const response& x) {
  const auto number = std::to_string(x.status);
  if (x.status == 401)
    return refused(refusal_kind::unauthorized, x.status,
                   "it does not take the NURL's swissnum" + words_of(x));
  if (x.status == 404)
    return refused(refusal_kind::not_found, x.status, "it has no such share (404)");
  if (x.status == 507)
    return refused(refusal_kind::no_space, x.status, "it has no room (507)" + words_of(x));
  if (x.status >= 500 && x.status < 600)
    return refused(refusal_kind::trouble, x.status, "it is in trouble (" + number + ")" + words_of(x));
  if (x.status >= 400 && x.status < 500)
    return refused(refusal_kind::not_taken, x.status,
                   "it does not take the request (" + number + ")" + words_of(x));
  return malformed(x, "that is not a status it may have");
}

/// "application/cbor; charset=..." is application/cbor.
bool has_type(const response& x, std::string_view wanted) {
  auto type = std::string_view(x.content_type);
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' '))
    type.remove_suffix(1);
  return std::ranges::equal(type, wanted, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

/// Nothing where it is an answer in CBOR with status 200.
std::optional<tl::unexpected<refusal>> not_cbor(const response& x) {
  if (x.status != 200)
    return refusal_of(x);
  if (!has_type(x, cbor_type))
    return malformed(x, "its content type is not " + std::string(cbor_type));
  return std::nullopt;
}

std::optional<tl::unexpected<refusal>> problem_in(const response& x, cbor_reader& in) {
  if (in.good() && in.left() > 0)
    in.complain("answer", "has bytes after its end");
  if (const auto problem = in.problem())
    return malformed(x, problem->detail);
  return std::nullopt;
}

std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t out = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (failed != std::errc{})
    return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return out;
}

bool take(std::string_view& text, std::string_view what) {
  if (!text.starts_with(what))
    return false;
  text.remove_prefix(what.size());
  return true;
}

/// "bytes 6-9/*", where a server that knows a share's length may say that instead of the star.
std::optional<grid::read_vector> parse_content_range(std::string_view text) {
  if (!take(text, "bytes "))
    return std::nullopt;
  const auto first = take_number(text);
  if (!first || !take(text, "-"))
    return std::nullopt;
  const auto last = take_number(text);
  if (!last || *last < *first || !take(text, "/"))
    return std::nullopt;
  if (!take(text, "*") && !take_number(text))
    return std::nullopt;
  if (!text.empty())
    return std::nullopt;
  return grid::read_vector{*first, *last - *first + 1};
}

void read_protocol(cbor_reader& in, server_version& out) {
  in.map("storage/v1", version_keys_max, [&] {
    const auto key = in.word("storage/v1 key", version_word_bytes_max);
    if (key == "available-space")
      out.bytes_available = in.number("available-space");
    else if (key == "maximum-mutable-share-size")
      out.mutable_share_bytes_max = in.number("maximum-mutable-share-size");
    else
      in.skip(key);
  });
}

void read_shown(cbor_reader& in, const std::vector<grid::read_vector>& reads, grid::share_reads& out) {
  in.map("data", shares_max, [&] {
    const auto number = in.number("data share number");
    std::vector<shared_bytes> shown;
    in.array("data", reads.size(), [&] { shown.push_back(in.bytes("data", reads[shown.size()].length)); });
    if (!in.good())
      return;
    if (shown.size() != reads.size())
      in.complain("data", "has " + std::to_string(shown.size()) + " reads of share " +
                              std::to_string(number) + " where " + std::to_string(reads.size()) +
                              " were asked for");
    else if (number <= largest_share &&
             !out.emplace(share_number{static_cast<std::uint8_t>(number)}, std::move(shown)).second)
      in.complain("data", "has share " + std::to_string(number) + " twice");
  });
}

/// What a share has at a place, by what was shown of it; nothing where that does not tell.
std::optional<shared_bytes> shown_at(const std::vector<grid::read_vector>& reads,
                                     const std::vector<shared_bytes>& shown, std::uint64_t offset,
                                     std::uint64_t length) {
  for (std::size_t i = 0; i < reads.size() && i < shown.size(); ++i) {
    if (reads[i].offset != offset)
      continue;
    const bool ended = shown[i].size() < reads[i].length; // nothing comes after it
    if (reads[i].length >= length || ended)
      return shown[i].slice(0, length);
  }
  return std::nullopt;
}

} // namespace

answer<server_version> read_version(const response& x) {
  if (auto not_it = not_cbor(x))
    return *not_it;
  cbor_reader in(x.body);
  server_version out;
  bool speaks = false;
  in.map("version", version_keys_max, [&] {
    const auto key = in.word("version key", version_word_bytes_max);
    if (key == protocol_key) {
      speaks = true;
      read_protocol(in, out);
    } else if (key == "application-version") {
      out.software = escaped(in.word("application-version", version_word_bytes_max));
    } else {
      in.skip(key);
    }
  });
  if (in.good() && !speaks)
    in.complain(protocol_key, "is missing: it does not speak the storage protocol 1");
  if (auto problem = problem_in(x, in))
    return *problem;
  return out;
}

answer<std::set<share_number>> read_shares(const response& x) {
  if (auto not_it = not_cbor(x))
    return *not_it;
  cbor_reader in(x.body);
  std::set<share_number> out;
  in.tag("shares", set_tag);
  in.array("shares", shares_max, [&] {
    const auto number = in.number("shares");
    if (in.good() && number <= largest_share)
      out.insert({static_cast<std::uint8_t>(number)});
  });
  if (auto problem = problem_in(x, in))
    return *problem;
  return out;
}

answer<shared_bytes> read_range(const response& x, const grid::read_vector& range) {
  if (x.status == 204)
    return shared_bytes{};
  if (x.status == 200)
    return malformed(x, "it has all of the share where a range was asked for");
  if (x.status != 206)
    return refusal_of(x);
  if (!has_type(x, share_type))
    return malformed(x, "its content type is not " + std::string(share_type));
  const auto got = parse_content_range(x.content_range);
  if (!got)
    return malformed(x, "its Content-Range is none of bytes");
  if (got->offset != range.offset || got->length > range.length)
    return malformed(x, "its Content-Range is not of what was asked for");
  if (got->length != x.body.size())
    return malformed(x, "it has " + std::to_string(x.body.size()) + " bytes where its Content-Range says " +
                            std::to_string(got->length));
  return x.body;
}

answer<change_answer> read_read_test_write(const response& x, const std::vector<grid::read_vector>& reads) {
  if (x.status == 401 && x.body.empty())
    return refused(refusal_kind::bad_write_enabler, x.status,
                   "the file was made there with another write enabler (401)");
  if (auto not_it = not_cbor(x))
    return *not_it;
  cbor_reader in(x.body);
  change_answer out;
  in.record("answer", {"success", "data"}, [&](std::string_view key) {
    if (key == "success")
      out.success = in.boolean("success");
    else
      read_shown(in, reads, out.reads);
  });
  if (auto problem = problem_in(x, in))
    return *problem;
  return out;
}

answer<void> read_lease(const response& x) {
  if (x.status == 204)
    return {};
  return x.status == 200 ? malformed(x, "a lease is answered with 204") : refusal_of(x);
}

answer<void> read_corruption_advice(const response& x) {
  if (x.status == 200)
    return {};
  return refusal_of(x);
}

bool tests_hold(const grid::read_test_write& change, const grid::share_reads& shown) {
  return std::ranges::all_of(change.changes, [&](const grid::share_change& each) {
    const auto here = shown.find(each.share);
    return std::ranges::all_of(each.tests, [&](const grid::test_vector& test) {
      if (here == shown.end()) // a share that is not there reads as empty
        return test.specimen.empty();
      const auto has = shown_at(change.reads, here->second, test.offset, test.length);
      return has && *has == test.specimen;
    });
  });
}

} // namespace truckee::gbs
