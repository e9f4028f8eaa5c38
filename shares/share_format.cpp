#include "truckee/shares/share_format.hpp"

#include "truckee/codec/share.hpp"
#include "truckee/shares/file_memory.hpp"
#include "truckee/shares/mdmf_format.hpp"
#include "truckee/shares/sdmf_format.hpp"

namespace truckee::shares {

const share_format& format_named(grid::share_format name) {
  return name == grid::share_format::mdmf ? mdmf_format() : sdmf_format();
}

codec::share_result<const share_format*> format_of(byte_view head) {
  using codec::share_fault;
  using codec::share_field;
  if (head.empty())
    return codec::share_fail(share_field::version, share_fault::truncated, "the share is empty");
  const auto version = std::to_integer<std::uint8_t>(head.front());
  if (version > std::uint8_t(grid::share_format::mdmf))
    return codec::share_fail(share_field::version, share_fault::unsupported_version,
                             "version " + std::to_string(version) + " is not known");
  return &format_named(static_cast<grid::share_format>(version));
}

std::optional<std::uint64_t> share_length(const shared_bytes& head) {
  const auto format = format_of(head.view());
  return format ? (*format)->share_length(head.view()) : std::nullopt;
}

std::optional<grid::read_vector> private_key_range(const shared_bytes& head) {
  const auto format = format_of(head.view());
  return format ? (*format)->private_key_range(head.view()) : std::nullopt;
}

std::optional<crypto::private_key> open_private_key(const file_access& access, byte_view encrypted) {
  if (!access.write)
    return std::nullopt;
  auto opened = access.memory ? access.memory->private_key(access.fingerprint, encrypted, *access.write)
                              : codec::decrypt_private_key(encrypted, *access.write);
  return opened ? std::optional(std::move(*opened)) : std::nullopt;
}

std::optional<std::vector<grid::read_vector>> reads_for_body(const shared_bytes& head,
                                                             const content_range& range) {
  const auto format = format_of(head.view());
  return format ? (*format)->reads_for_body(head, range) : std::nullopt;
}

judged_body judge_body(const grid::file_version& version, share_number share, const shared_bytes& head,
                       const std::vector<shared_bytes>& reads, const content_range& range) {
  const auto format = format_of(head.view());
  if (!format)
    return {grid::share_verdict::bad, to_string(format.error()), {}};
  return (*format)->judge_body(version, share, head, reads, range);
}

result<decoded_version> decode(const grid::file_version& version, const crypto::read_key& key,
                               const std::map<share_number, share_body>& bodies, codec::erasure_codes& codes,
                               const content_range& range) {
  return format_named(version.format()).decode(version, key, bodies, codes, range);
}

std::optional<std::string> find_fault(const file_access& access, const grid::file_version& version,
                                      share_number share, const shared_bytes& whole) {
  const auto format = format_of(whole.view());
  if (!format)
    return to_string(format.error());
  return (*format)->find_fault(access, version, share, whole.view());
}

} // namespace truckee::shares
