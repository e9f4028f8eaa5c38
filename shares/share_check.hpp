#pragma once

#include "truckee/codec/sdmf/share.hpp"
#include "truckee/crypto/rsa.hpp"
#include "truckee/grid/read/map_update.hpp"
#include "truckee/grid/slot.hpp"
#include "truckee/shares/file_access.hpp"

#include <map>
#include <optional>

/// Where the codec's shares meet the grid's decisions: raw answers of servers become verified sightings. No
/// actor here.
namespace truckee::actors {

grid::file_version version_of(const codec::share_header& header);

/// The first read of every share: small SDMF shares fit whole, so that they need no second trip.
inline constexpr std::uint64_t first_read_size = 4000;

/// What one server's raw shares turned out to be.
struct sighting {
  grid::map_answer answer;                    ///< what the map takes
  std::map<share_number, shared_bytes> heads; ///< first bytes of each good share
  std::optional<crypto::private_key> private_key;
};

/// Verifies each share's beginning for itself: header, fingerprint, signature; hashes too where all of it is
/// here. With a write key, also tries the private key where it lies in the bytes read.
sighting look_at(const file_access& access, const grid::slot_read_answer& answer, std::uint64_t asked,
                 bool want_private_key);

/// The parts a reader needs beyond the head.
struct share_body {
  share_number share;
  shared_bytes chain;
  shared_bytes tree;
  shared_bytes data;
};

/// Cuts the body from a head that holds all of it.
std::optional<share_body> body_in_head(share_number share, const shared_bytes& head);

/// Leads a body to the root hash of its (signature-checked) header.
codec::share_result<void> verify_body(const codec::share_header& header, const share_body& body);

} // namespace truckee::actors
