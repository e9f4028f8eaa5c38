#include "truckee/api/call.hpp"

#include "truckee/api/byte_range.hpp"
#include "truckee/crypto/base32.hpp"

#include <algorithm>
#include <charconv>

namespace truckee::api {

namespace {

constexpr std::string_view file_target = "/v1/file";
constexpr std::string_view capability_field = "Truckee-Capability";
constexpr std::string_view operation_field = "Truckee-Operation-Id";
constexpr std::string_view format_field = "Truckee-Format";
/// A capability has some 160 characters.
constexpr std::size_t capability_chars_max = 1024;
/// Most of what one condition names.
constexpr std::size_t tags_max = 32;
/// What the content of a file that is read is counted as, whose size nobody knows before.
constexpr std::uint64_t read_bytes = std::uint64_t{64} << 20;
constexpr std::uint64_t short_answer_bytes = 16 * 1024;

using wrong = tl::unexpected<answer>;

wrong bad(unsigned status, errc code, std::string why) {
  return wrong(refused(status, {code, std::move(why)}));
}
wrong cannot_check(const std::string& what) {
  return bad(412, errc::usage, what + "; nothing was done. A condition that cannot be checked fails");
}

bool shows_token(const http::request_head& head, const secret_text& token) {
  constexpr std::string_view scheme = "Bearer ";
  const auto given = head.first("Authorization");
  return head.count("Authorization") == 1 && given.starts_with(scheme) &&
         equal_constant_time(as_bytes(given.substr(scheme.size())), as_bytes(token));
}

std::string_view without_blanks(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  return first == text.npos ? std::string_view()
                            : text.substr(first, text.find_last_not_of(" \t") + 1 - first);
}

/// Nothing for what is no list of tags.
std::optional<tags> parse_tags(std::string_view text) {
  tags out;
  text = without_blanks(text);
  if (text == "*") {
    out.any = true;
    return out;
  }
  while (!text.empty()) {
    const bool weak = text.starts_with("W/");
    const std::size_t open = weak ? 2 : 0;
    const auto close = open < text.size() && text[open] == '"' ? text.find('"', open + 1) : text.npos;
    if (close == text.npos || out.named.size() >= tags_max)
      return std::nullopt;
    out.named.emplace_back(text.substr(0, close + 1));
    text = without_blanks(text.substr(close + 1));
    if (text.empty())
      break;
    if (text.front() != ',')
      return std::nullopt;
    text = without_blanks(text.substr(1));
    if (text.empty())
      return std::nullopt;
  }
  return out.named.empty() ? std::nullopt : std::optional(std::move(out));
}

/// The version that a tag names, if a version has such a tag.
std::optional<messages::version_name> version_in(std::string_view tag) {
  if (tag.size() < 5 || tag.front() != '"' || tag.back() != '"')
    return std::nullopt;
  tag = tag.substr(1, tag.size() - 2);
  const auto colon = tag.find(':');
  const auto digits = tag.substr(0, colon);
  if (colon == tag.npos || digits.empty() || digits.size() > 19 || digits.front() == '0' ||
      digits.find_first_not_of("0123456789") != digits.npos)
    return std::nullopt;
  const auto root = tag.substr(colon + 1);
  if (root.size() != 64 || root.find_first_not_of("0123456789abcdef") != root.npos)
    return std::nullopt;
  messages::version_name out;
  std::from_chars(digits.data(), digits.data() + digits.size(), out.version.value);
  out.root = root;
  return out;
}

/// The fields that may stand there once, or not at all.
std::optional<answer> twice(const http::request_head& head) {
  for (const auto name :
       {std::string_view("Host"), capability_field, operation_field, format_field,
        std::string_view("Content-Type"), std::string_view("Range"), std::string_view("If-Range")})
    if (head.count(name) > 1)
      return refused(400, {errc::usage, std::string(name) + " stands there more than once"});
  return std::nullopt;
}

/// All fields of that name as one list, as HTTP has it; nothing where there is none.
std::optional<std::string> list_in(const http::request_head& head, std::string_view name) {
  std::optional<std::string> out;
  for (const auto value : head.all(name))
    out = out ? *out + ", " + std::string(value) : std::string(value);
  return out;
}

tl::expected<operation_id, answer> operation_in(const http::request_head& head) {
  const auto text = head.first(operation_field);
  if (text.empty())
    return operation_id{};
  const auto raw = crypto::from_base32(text);
  const auto id = raw ? operation_id::from(*raw) : std::nullopt;
  if (!id || *id == operation_id{})
    return bad(400, errc::usage, std::string(operation_field) + ": expected 16 bytes in lower-case base32");
  return *id;
}

tl::expected<call, answer> parse_read(const http::request_head& head, secret_text cap) {
  if (cap.empty())
    return bad(400, errc::bad_capability,
               "there is no " + std::string(capability_field) + " that says which file is to be read");
  read_call out;
  out.what.cap = std::move(cap);
  out.wants_body = head.method == "GET";
  if (head.count("If-Unmodified-Since") > 0)
    return cannot_check("If-Unmodified-Since: versions have no time here");
  for (const auto& [name, into] : {std::pair{"If-Match", &out.only_if}, {"If-None-Match", &out.unless}}) {
    const auto text = list_in(head, name);
    if (!text)
      continue;
    *into = parse_tags(*text);
    if (!*into)
      return cannot_check(std::string(name) + ": expected * or tags in quotes, as answers have them");
  }
  if (out.wants_body) { // there are no parts of a head
    out.range = head.first("Range");
    out.range_of = head.first("If-Range");
    // One that a condition may turn into all of it is read with the rest; so is the last part of what has an unknown size.
    if (const auto range = parse_byte_range(out.range); range && !range->from_end && out.range_of.empty()) {
      out.what.offset = range->first;
      out.what.length = range->last == UINT64_MAX ? UINT64_MAX : range->last - range->first + 1;
    }
  }
  return out;
}

/// What a write may be bound to: one version, or that it makes a file.
std::optional<answer> take_conditions(const http::request_head& head, write_call& into) {
  const auto no = [](const std::string& why) { return cannot_check(why).value(); };
  for (const auto* name : {"If-Unmodified-Since", "If-Modified-Since", "If-Range"})
    if (head.count(name) > 0)
      return no(std::string(name) + ": a write is bound to a version by If-Match alone");
  if (const auto text = list_in(head, "If-None-Match");
      text && (!into.makes_file || without_blanks(*text) != "*"))
    return no(into.makes_file
                  ? "If-None-Match: a new file has no version yet, so that only * says something"
                  : "If-None-Match: a file with a capability was made already, and that it is not there "
                    "cannot be seen from where some servers may be away");
  const auto text = list_in(head, "If-Match");
  if (!text)
    return std::nullopt;
  if (into.makes_file)
    return no("If-Match: a new file has no version yet");
  const auto named = parse_tags(*text);
  const auto version = named && named->named.size() == 1 ? version_in(named->named.front()) : std::nullopt;
  if (!version)
    return no("If-Match: expected the tag of one version, \"NUMBER:ROOT\", as answers have it");
  into.what.only_if = *version;
  return std::nullopt;
}

/// A write with its conditions and its operation's name.
tl::expected<call, answer> with_conditions(const http::request_head& head, write_call out) {
  if (auto no = take_conditions(head, out))
    return wrong(std::move(*no));
  const auto id = operation_in(head);
  if (!id)
    return wrong(id.error());
  out.what.operation = *id;
  return out;
}

tl::expected<call, answer> parse_write(const http::request_head& head, secret_text cap) {
  write_call out;
  out.makes_file = cap.empty();
  out.what.write_cap = std::move(cap);
  if (head.count("Content-Range") > 0)
    return bad(400, errc::usage, "Content-Range: PUT writes a file whole; PATCH writes a part of it");
  if (const auto name = head.first(format_field); head.count(format_field) > 0) {
    if (!out.makes_file)
      return bad(400, errc::usage, std::string(format_field) + ": a file that was made keeps its format");
    if (name != to_word(file_format::sdmf) && name != to_word(file_format::mdmf))
      return bad(400, errc::usage, std::string(format_field) + ": expected sdmf or mdmf");
    out.what.format = name == to_word(file_format::mdmf) ? file_format::mdmf : file_format::sdmf;
  }
  return with_conditions(head, std::move(out));
}

/// Where a part of a file is written: "bytes FIRST-LAST/*", as long as the body. Nothing where it is no such.
std::optional<std::uint64_t> place_in(const http::request_head& head) {
  constexpr std::string_view unit = "bytes ";
  constexpr std::string_view rest = "/*";
  auto text = head.first("Content-Range");
  if (!text.starts_with(unit) || !text.ends_with(rest))
    return std::nullopt;
  text = text.substr(unit.size(), text.size() - unit.size() - rest.size());
  const auto number = [](std::string_view digits) -> std::optional<std::uint64_t> {
    std::uint64_t out = 0;
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
    const bool all = problem == std::errc() && end == digits.data() + digits.size();
    return all ? std::optional(out) : std::nullopt;
  };
  const auto dash = text.find('-');
  const auto first = dash == text.npos ? std::nullopt : number(text.substr(0, dash));
  const auto last = dash == text.npos ? std::nullopt : number(text.substr(dash + 1));
  const auto length = number(head.first("Content-Length"));
  if (!first || !last || !length || *length == 0 || *last < *first || *last - *first != *length - 1)
    return std::nullopt;
  return first;
}

tl::expected<call, answer> parse_write_at(const http::request_head& head, secret_text cap) {
  write_call out;
  out.what.write_cap = std::move(cap);
  out.what.offset = place_in(head);
  if (!out.what.offset || head.count("Content-Range") > 1)
    return bad(400, errc::usage,
               "Content-Range: expected bytes FIRST-LAST/*, with as many bytes as the body has");
  return with_conditions(head, std::move(out));
}

tl::expected<call, answer> parse_append(const http::request_head& head, secret_text cap) {
  if (cap.empty())
    return bad(400, errc::bad_capability,
               "there is no " + std::string(capability_field) + " that says which file is added to");
  if (head.count("Content-Range") > 0)
    return parse_write_at(head, std::move(cap));
  for (const auto* name :
       {"If-Match", "If-None-Match", "If-Unmodified-Since", "If-Modified-Since", "If-Range"})
    if (head.count(name) > 0)
      return cannot_check(std::string(name) +
                          ": data is added to whatever version is there; PUT can be bound to one");
  append_call out;
  out.what.write_cap = std::move(cap);
  const auto id = operation_in(head);
  if (!id)
    return wrong(id.error());
  out.what.operation = *id;
  return out;
}

tl::expected<call, answer> parse_any(const http::request_head& head, const house_rules& rules) {
  if (rules.own_hosts_only && !http::is_own_host(head.first("Host")))
    return bad(403, errc::refused, "this is served to localhost and loopback addresses only");
  if (!rules.token.empty() && !shows_token(head, rules.token)) {
    auto out = refused(401, {errc::refused,
                             "show the token of this port: Authorization: Bearer TOKEN, with what stands in "
                             "its token file"});
    out.fields.emplace_back("WWW-Authenticate", "Bearer");
    return wrong(std::move(out));
  }
  const auto path = head.target.substr(0, head.target.find('?'));
  if (path != file_target)
    return bad(404, errc::not_found,
               "there is " + std::string(file_target) + " here, and nothing else; which file is meant, " +
                   std::string(capability_field) + " says");
  if (path.size() != head.target.size())
    return bad(400, errc::usage,
               "nothing is asked for by a query; a capability belongs into " + std::string(capability_field) +
                   ", where no log keeps it");
  if (auto no = twice(head))
    return wrong(std::move(*no));
  const bool changes = asks_for_write(head.method);
  if (!changes && head.method != "GET" && head.method != "HEAD") {
    auto out = refused(405, {errc::usage, "a file is read (GET, HEAD), written (PUT) or added to (PATCH)"});
    out.fields.emplace_back("Allow", "GET, HEAD, PUT, PATCH");
    return wrong(std::move(out));
  }
  if (changes && !head.first("Content-Encoding").empty() && head.first("Content-Encoding") != "identity")
    return bad(415, errc::usage, "Content-Encoding: content is taken as it is to be kept");
  const auto cap = head.first(capability_field);
  if (cap.size() > capability_chars_max)
    return bad(400, errc::bad_capability, std::string(capability_field) + ": is longer than any capability");
  if (head.count(capability_field) > 0 && cap.empty())
    return bad(400, errc::bad_capability, std::string(capability_field) + ": is empty");
  if (!changes)
    return parse_read(head, secret_text(cap));
  return head.method == "PUT" ? parse_write(head, secret_text(cap)) : parse_append(head, secret_text(cap));
}

} // namespace

std::string tag_of(sequence_number version, std::string_view root) {
  return "\"" + std::to_string(version.value) + ":" + std::string(root) + "\"";
}

bool asks_for_write(std::string_view method) {
  return method == "PUT" || method == "PATCH";
}

tl::expected<call, answer> parse_call(const http::request_head& head, const house_rules& rules) {
  auto out = parse_any(head, rules);
  if (!out && asks_for_write(head.method))
    return wrong(refused_write(std::move(out.error()), effect::not_applied));
  return out;
}

call_bytes bytes_of(const call& x, const house_rules& rules) {
  if (std::holds_alternative<read_call>(x))
    return {0, read_bytes};
  return {rules.content_bytes_max, short_answer_bytes};
}

} // namespace truckee::api
