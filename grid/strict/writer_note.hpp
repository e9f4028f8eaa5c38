#pragma once

#include "truckee/crypto/rsa.hpp"
#include "truckee/grid/strict/strict_setting.hpp"

#include <optional>

/// What a strict writer leaves in the salt of its signature: any holder of the public key reads it back, no server can
/// forge it, and to every verifier it is a signature like any other. Source: docs/strict.md.
namespace truckee::grid {

/// The first bytes of SHA-256 over k, N, H, liars, rounds (a byte each) and the servers' ids by place; with a second set of
/// servers, then the place where it differs (a byte) and the id of its server.
setting_hash hash_of(const strict_setting& setting);

struct writer_note {
  setting_hash setting;
  std::uint16_t epoch = 0;  ///< grows with each change of the servers: tells who is behind
  sequence_number reserved; ///< that its writer will publish with; below 2^48; 0: none
  friend bool operator==(const writer_note&, const writer_note&) = default;
};

inline constexpr std::uint64_t reserved_max = (std::uint64_t{1} << 48) - 1;
using note_noise = fixed_bytes<struct note_noise_tag, 8>;

/// The salt that carries the note: "truckee1", setting, epoch, number (6 bytes), noise; big endian.
crypto::pss_salt pack_note(const writer_note& note, const note_noise& noise);
/// Nothing in a salt that no strict writer chose.
std::optional<writer_note> parse_note(const crypto::pss_salt& salt);

/// Whether a sequence number that no version proves counts beside those that are proved: no writer is so far ahead.
bool is_credible(sequence_number claimed, sequence_number greatest_seen);
/// Whether a reserved number counts, beside the greatest sequence number that was seen.
bool counts(const writer_note& note, sequence_number greatest_seen);

} // namespace truckee::grid
