#include "truckee/api/reply.hpp"

#include "truckee/api/byte_range.hpp"
#include "truckee/crypto/base32.hpp"
#include "truckee/status/as_json.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

namespace truckee::api {

using namespace messages;

namespace {

/// Whether a version has one of these tags; weak ones count where nothing is written or cut.
bool names(const tags& x, const std::string& tag, bool weak_too) {
  return x.any || std::ranges::any_of(x.named, [&](const std::string& each) {
           return each == tag || (weak_too && each == "W/" + tag);
         });
}

nlohmann::json failure_json(const error& why) {
  return {{"kind", to_word(why.code)}, {"detail", why.detail}};
}

void add_backlog(answer& out, nlohmann::json& words, const std::optional<backlog>& busy) {
  if (!busy)
    return;
  words["busy"] = {{"operations", busy->operations},
                   {"content_bytes", busy->content_bytes},
                   {"retry_after_seconds", static_cast<double>(busy->retry_after_ms) / 1000}};
  const auto seconds = std::max<std::uint64_t>(1, (busy->retry_after_ms + 999) / 1000);
  out.fields.emplace_back("Retry-After", std::to_string(seconds));
}

/// That part of the file: what of it was read, which lies from `read_from` on in the file, and the rest still to come.
answer given_part(const retrieve_reply& x, std::uint64_t read_from, const file_part& part) {
  const auto before = part.first - std::min(part.first, read_from);
  auto out = given(before < x.content.size() ? x.content.slice(before, part.size) : shared_bytes());
  out.length = part.size;
  if (const auto have = out.content.size(); have < part.size)
    out.rest = {part.first + have, part.size - have, {x.version, x.root}};
  return out;
}

answer with_words(answer out, const nlohmann::json& words) {
  auto text = told(out.status, words);
  text.fields = std::move(out.fields);
  return text;
}

unsigned status_of_write(const publish_reply& x, bool conditional) {
  if (x.failure.code == errc::uncoordinated_write)
    return conditional && x.became == effect::not_applied ? 412 : 409;
  if (x.became != effect::not_applied)
    return 504; // nobody knows: to ask for the same again may do it twice
  return x.busy ? 503 : status_of(x.failure.code);
}

nlohmann::json json_of(const publish_reply& x) {
  nlohmann::json out{{"ok", x.ok},
                     {"effect", to_word(x.became)},
                     {"version", x.version.value},
                     {"root", x.root},
                     {"needed", x.spread.needed},
                     {"total", x.spread.total},
                     {"happy", x.spread.happy},
                     {"happiness", x.happiness},
                     {"unchanged", x.unchanged},
                     {"partial", x.partial},
                     {"whole_because", x.whole_because},
                     {"unknown_servers", x.unknown_servers},
                     {"recoverable_now", x.recoverable_now}};
  if (x.operation != operation_id{})
    out["operation_id"] = crypto::to_base32(x.operation.view());
  if (x.strict)
    out["strict"] = status::to_json(*x.strict);
  if (!x.ok)
    out["error"] = failure_json(x.failure);
  return out;
}

/// A new file whose publish failed after shares were sent exists: without its capability it would be lost.
bool shows_capability(const publish_reply& x) {
  return !x.write_cap.empty() && (x.ok || !x.placed.empty() || !x.unknown_servers.empty());
}

answer answer_of_write(const publish_reply& x, bool makes_file, bool conditional) {
  answer out{x.ok ? (makes_file ? 201U : 200U) : status_of_write(x, conditional)};
  auto words = json_of(x);
  add_backlog(out, words, x.busy);
  if (makes_file && shows_capability(x))
    words["write_cap"] = std::string_view(x.write_cap);
  if (x.ok && !x.root.empty())
    out.fields.emplace_back("ETag", tag_of(x.version, x.root));
  return with_words(std::move(out), words);
}

} // namespace

unsigned status_of(errc code) {
  switch (code) {
  case errc::usage:
  case errc::bad_capability:
    return 400;
  case errc::insufficient_capability:
  case errc::read_only:
  case errc::refused:
    return 403;
  case errc::not_found:
    return 404;
  case errc::uncoordinated_write:
    return 409;
  case errc::too_large:
    return 413;
  case errc::corrupt:
  case errc::malformed:
  case errc::protocol:
  case errc::bad_write_enabler:
    return 502;
  case errc::not_enough_servers:
  case errc::not_enough_shares:
  case errc::timeout:
  case errc::cancelled:
  case errc::loop_limit:
  case errc::unreachable:
    return 503;
  case errc::no_space:
    return 507;
  case errc::configuration:
  case errc::io:
  case errc::internal:
    return 500;
  }
  return 500;
}

answer answer_of(const read_call& asked, const retrieve_reply& x) {
  if (!x.ok) {
    answer out{x.busy ? 503U : status_of(x.failure.code)};
    nlohmann::json words{{"ok", false}, {"error", failure_json(x.failure)}};
    add_backlog(out, words, x.busy);
    out = with_words(std::move(out), words);
    out.without_body = !asked.wants_body;
    return out;
  }
  const auto tag = tag_of(x.version, x.root);
  answer out;
  if (asked.only_if && !names(*asked.only_if, tag, false)) {
    out = refused(412, {errc::uncoordinated_write, "If-Match: the file is at version " +
                                                       std::to_string(x.version.value) +
                                                       ", not at one that was named"});
  } else if (asked.unless && names(*asked.unless, tag, true)) {
    out.status = 304;
    out.without_body = true;
  } else {
    const bool in_part = asked.range_of.empty() || asked.range_of == tag;
    const auto range = in_part ? parse_byte_range(asked.range) : std::nullopt;
    const auto part = range ? part_of(*range, x.file_bytes) : std::nullopt;
    const auto total = std::to_string(x.file_bytes);
    if (!range) {
      out = given_part(x, 0, {0, x.file_bytes});
    } else if (!part) {
      out = refused(416, {errc::usage, "Range: the file has " + total + " bytes"});
      out.fields.emplace_back("Content-Range", "bytes */" + total);
    } else {
      // Of a range that begins at a byte, no more than that was read.
      out = given_part(x, asked.what.offset, *part);
      out.status = 206;
      out.fields.emplace_back("Content-Range", "bytes " + std::to_string(part->first) + "-" +
                                                   std::to_string(part->first + part->size - 1) + "/" +
                                                   total);
    }
  }
  out.fields.emplace_back("ETag", tag);
  out.fields.emplace_back("Accept-Ranges", "bytes");
  if (!x.newer_unreadable.empty())
    out.fields.emplace_back("Truckee-Newer-Unreadable", "true");
  out.without_body = out.without_body || !asked.wants_body;
  return out;
}

answer answer_of(const write_call& asked, const publish_reply& x) {
  return answer_of_write(x, asked.makes_file, asked.what.only_if.has_value());
}

answer answer_of(const append_call&, const publish_reply& x) {
  return answer_of_write(x, false, false);
}

} // namespace truckee::api
