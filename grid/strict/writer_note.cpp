#include "truckee/grid/strict/writer_note.hpp"

#include "truckee/crypto/tagged_hash.hpp"

#include <algorithm>
#include <cstring>

namespace truckee::grid {

namespace {

constexpr std::string_view magic = "truckee1";
constexpr std::size_t setting_at = magic.size();
constexpr std::size_t epoch_at = setting_at + setting_hash::size;
constexpr std::size_t reserved_at = epoch_at + 2;
constexpr std::size_t reserved_size = 6;
constexpr std::size_t noise_at = reserved_at + reserved_size;
static_assert(noise_at + note_noise::size == crypto::pss_salt::size);

constexpr std::uint64_t furthest_ahead = 1000;

} // namespace

setting_hash hash_of(const strict_setting& setting) {
  bytes all;
  for (const auto number : {std::size_t{setting.k()}, std::size_t{setting.n()}, setting.confirming(),
                            setting.liars(), std::size_t{setting.rounds()}})
    all.push_back(static_cast<std::byte>(number));
  for (const auto& server : setting.servers())
    all.insert(all.end(), server.data.begin(), server.data.end());
  if (const auto& shared = setting.shared()) {
    all.push_back(static_cast<std::byte>(shared->place));
    all.insert(all.end(), shared->other.data.begin(), shared->other.data.end());
  }
  const auto hash = crypto::sha256({all});
  setting_hash out;
  std::copy_n(hash.data.begin(), out.data.size(), out.data.begin());
  return out;
}

crypto::pss_salt pack_note(const writer_note& note, const note_noise& noise) {
  crypto::pss_salt out;
  const auto salt = out.view();
  std::memcpy(salt.data(), magic.data(), magic.size());
  std::ranges::copy(note.setting.data, salt.begin() + setting_at);
  store_be(salt.subspan(epoch_at, 2), note.epoch);
  std::array<std::byte, 8> number;
  store_be(mutable_byte_view(number), std::min(note.reserved.value, reserved_max));
  std::copy_n(number.begin() + 2, reserved_size, salt.begin() + reserved_at);
  std::ranges::copy(noise.data, salt.begin() + noise_at);
  return out;
}

std::optional<writer_note> parse_note(const crypto::pss_salt& salt) {
  const auto data = salt.view();
  if (std::memcmp(data.data(), magic.data(), magic.size()) != 0)
    return std::nullopt;
  writer_note out;
  std::copy_n(data.begin() + setting_at, setting_hash::size, out.setting.data.begin());
  out.epoch = load_be<std::uint16_t>(data.subspan(epoch_at, 2));
  std::array<std::byte, 8> number{};
  std::copy_n(data.begin() + reserved_at, reserved_size, number.begin() + 2);
  out.reserved.value = load_be<std::uint64_t>(number);
  return out;
}

bool is_credible(sequence_number claimed, sequence_number greatest_seen) {
  return claimed <= greatest_seen || claimed.value - greatest_seen.value <= furthest_ahead;
}

bool counts(const writer_note& note, sequence_number greatest_seen) {
  return is_credible(note.reserved, greatest_seen);
}

} // namespace truckee::grid
