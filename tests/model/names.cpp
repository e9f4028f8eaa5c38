#include "model/names.hpp"

#include <algorithm>

namespace truckee::model {

namespace {

constexpr std::size_t who_at = 1;
constexpr std::size_t serial_at = 2;
constexpr std::size_t content_at = 8;

std::uint8_t rank_of(maker by) {
  const auto who = by.who;
  return static_cast<std::uint8_t>(by.serial % 2 == 0 ? 0x80 + who : 0x7F - who);
}

} // namespace

grid::file_version make_version(const grid::strict_setting& setting, sequence_number sequence, maker by,
                                const content& what) {
  grid::file_version out;
  out.sequence = sequence;
  out.root.data[0] = std::byte{rank_of(by)};
  out.root.data[who_at] = std::byte{by.who};
  out.root.data[serial_at] = std::byte{by.serial};
  for (std::size_t i = 0; i < what.size(); ++i)
    out.root.data[content_at + i] = std::byte{what[i]};
  out.salt.emplace();
  out.k = setting.k();
  out.n = setting.n();
  out.segment_size = setting.k();
  out.data_length = setting.k();
  return out;
}

content content_of(const grid::file_version& version) {
  content out;
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = std::to_integer<std::uint8_t>(version.root.data[content_at + i]);
  return out;
}

std::uint32_t updates_in(const grid::file_version& version) {
  std::uint32_t out = 0;
  const auto what = content_of(version);
  for (std::size_t i = 0; i < what.size(); ++i)
    out |= what[i] > 0 ? 1U << i : 0U;
  return out;
}

bytes make_signature(maker by, std::uint8_t count, sequence_number reserved) {
  bytes out(signature_size);
  out[0] = std::byte{by.who};
  out[1] = std::byte{by.serial};
  out[2] = std::byte{count};
  store_be(mutable_byte_view(out).subspan(grid::share_seal::size, 8), reserved.value);
  return out;
}

bytes signature_of(const grid::sealed_share& share) {
  return make_signature(
      {std::to_integer<std::uint8_t>(share.seal.data[0]), std::to_integer<std::uint8_t>(share.seal.data[1])},
      std::to_integer<std::uint8_t>(share.seal.data[2]),
      share.note ? share.note->reserved : sequence_number{});
}

grid::share_seal seal_of_signature(byte_view signature) {
  grid::share_seal out;
  std::copy_n(signature.begin(), out.data.size(), out.data.begin());
  return out;
}

bytes make_share(const grid::file_version& version, share_number number, byte_view signature) {
  auto out = grid::pack_prefix(version);
  out.resize(seal_at);
  out.insert(out.end(), signature.begin(), signature.end());
  out.push_back(std::byte{number.value});
  return out;
}

grid::sealed_share read_share(byte_view share) {
  const auto signature = share.subspan(seal_at, signature_size);
  grid::sealed_share out{grid::parse_prefix(share).value(), seal_of_signature(signature)};
  if (const auto reserved = load_be<std::uint64_t>(signature.subspan(grid::share_seal::size, 8));
      reserved > 0) {
    out.note.emplace();
    out.note->reserved.value = reserved;
  }
  return out;
}

std::string actor_name(std::uint8_t who) {
  return who == creator ? "0" : std::string(1, static_cast<char>('A' + who));
}

std::string name_of(const grid::file_version& version) {
  auto out = "v" + std::to_string(version.sequence.value) + "-" +
             actor_name(std::to_integer<std::uint8_t>(version.root.data[who_at])) +
             std::to_string(std::to_integer<int>(version.root.data[serial_at]) + 1) + "{";
  const auto what = content_of(version);
  for (std::size_t i = 0; i < what.size(); ++i)
    out += std::string(what[i], static_cast<char>('a' + i));
  return out + "}";
}

std::string name_of(const grid::share_seal& seal) {
  return "/" + actor_name(std::to_integer<std::uint8_t>(seal.data[0])) +
         std::to_string(std::to_integer<int>(seal.data[1]) + 1) + "." +
         std::to_string(std::to_integer<int>(seal.data[2]));
}

} // namespace truckee::model
