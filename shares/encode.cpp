#include "truckee/shares/encode.hpp"

#include "truckee/base/assert.hpp"
#include "truckee/shares/share_format.hpp"

#include <algorithm>

namespace truckee::shares {

std::optional<existing_version> existing(const grid::file_version& version,
                                         std::span<const shared_bytes> heads,
                                         std::vector<crypto::version_salt> salts) {
  for (const auto& head : heads)
    if (const auto format = format_of(head.view()))
      if (const auto signature = (*format)->signature(head.view()))
        return existing_version{version, *signature, std::move(salts)};
  return std::nullopt;
}

namespace {

/// Encode against parse: what was made must be what a reader takes.
[[maybe_unused]] bool readers_take(const share_format& format, const encoded_version& made,
                                   const crypto::file_keys& keys) {
  file_access access;
  access.fingerprint = keys.fingerprint;
  access.write = keys.write;
  return std::ranges::all_of(made.shares, [&](const auto& entry) {
    const auto& [share, content] = entry;
    const auto whole = content.writes.front().data.view();
    return format.share_length(whole) == content.length &&
           !format.find_fault(access, made.version, share, whole);
  });
}

} // namespace

result<encoded_version> encode(const encode_request& request, const codec::codec_context& context) {
  const auto name = request.again != nullptr ? request.again->version.format() : request.format;
  const auto& format = format_named(name);
  auto made = format.encode(request, context);
  TRUCKEE_ASSERT(!made || readers_take(format, *made, request.keys),
                 "a share that was encoded parses and verifies");
  return made;
}

std::uint64_t share_size(grid::share_format format, std::uint64_t content_bytes, const grid::spread& spread,
                         const crypto::private_key& key) {
  return format_named(format).share_size(content_bytes, spread, key);
}

} // namespace truckee::shares
