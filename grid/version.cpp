#include "truckee/grid/version.hpp"

#include <algorithm>

namespace truckee::grid {

namespace {

// Offsets of the fields, by format. Source: docs/formats.md sections 8 and 9.
constexpr std::size_t sequence_at = 1;
constexpr std::size_t root_at = 9;
constexpr std::size_t salt_at = 41;

std::size_t encoding_at(share_format format) {
  return format == share_format::sdmf ? sdmf_checkstring_size : mdmf_checkstring_size;
}

} // namespace

bytes pack_prefix(const file_version& version) {
  const auto format = version.format();
  bytes out(format == share_format::sdmf ? sdmf_prefix_size : mdmf_prefix_size);
  const mutable_byte_view view{out};
  out[0] = static_cast<std::byte>(format);
  store_be(view.subspan(sequence_at, 8), version.sequence.value);
  std::ranges::copy(version.root.view(), out.begin() + root_at);
  if (version.salt)
    std::ranges::copy(version.salt->view(), out.begin() + salt_at);
  const auto rest = view.subspan(encoding_at(format));
  rest[0] = static_cast<std::byte>(version.k);
  rest[1] = static_cast<std::byte>(version.n);
  store_be(rest.subspan(2, 8), version.segment_size);
  store_be(rest.subspan(10, 8), version.data_length);
  return out;
}

bytes pack_checkstring(const file_version& version) {
  auto out = pack_prefix(version);
  out.resize(encoding_at(version.format()));
  return out;
}

result<file_version> parse_prefix(byte_view data) {
  if (data.empty())
    return fail(errc::malformed, "version byte: the share is empty");
  const auto layout = load_be<std::uint8_t>(data);
  if (layout > 1)
    return fail(errc::malformed,
                "version byte: " + std::to_string(layout) + " is neither 0 (SDMF) nor 1 (MDMF)");
  const auto format = static_cast<share_format>(layout);
  const auto size = format == share_format::sdmf ? sdmf_prefix_size : mdmf_prefix_size;
  if (data.size() < size)
    return fail(errc::malformed,
                "signed prefix: " + std::to_string(data.size()) + " bytes, not " + std::to_string(size));
  file_version out;
  out.sequence.value = load_be<std::uint64_t>(data.subspan(sequence_at, 8));
  out.root = *hash256::from(data.subspan(root_at, 32));
  if (format == share_format::sdmf)
    out.salt = *version_salt::from(data.subspan(salt_at, 16));
  const auto rest = data.subspan(encoding_at(format));
  out.k = load_be<std::uint8_t>(rest);
  out.n = load_be<std::uint8_t>(rest.subspan(1));
  out.segment_size = load_be<std::uint64_t>(rest.subspan(2, 8));
  out.data_length = load_be<std::uint64_t>(rest.subspan(10, 8));
  if (out.k == 0 || out.k > out.n)
    return fail(errc::malformed, "k and N: " + std::to_string(out.k) + " of " + std::to_string(out.n));
  return out;
}

std::string describe(const file_version& version) {
  return "seq " + std::to_string(version.sequence.value) + ", root " + to_hex(version.root.view().first(4));
}

bool version_condition::met_by(const file_version& version) const {
  return version.sequence == sequence && to_hex(version.root.view()).starts_with(root);
}

std::string describe(const version_condition& condition) {
  return "version " + std::to_string(condition.sequence.value) +
         (condition.root.empty() ? "" : " (root " + condition.root + ")");
}

} // namespace truckee::grid
