#pragma once

#include "truckee/grid/strict/slot_map.hpp"

#include <array>
#include <string>

/// What is drawn at random outside is a name here, said by whom and in which try: equal states get equal names, whatever came
/// before them.
namespace truckee::model {

/// How often each update stands in a version.
using content = std::array<std::uint8_t, 8>;

/// Whose, and which of its own.
struct maker {
  std::uint8_t who = 0;    ///< the actor; `creator`: the file was made so
  std::uint8_t serial = 0; ///< a number for each try
};
inline constexpr std::uint8_t creator = 9;

/// The root hash tells its maker and its content. Of versions with one sequence number the first tries are ordered as the
/// actors are; those of second tries are smaller and ordered the other way round.
grid::file_version make_version(const grid::strict_setting& setting, sequence_number sequence, maker by,
                                const content& what);
content content_of(const grid::file_version& version);
/// The updates in it, a bit each.
std::uint32_t updates_in(const grid::file_version& version);

inline constexpr std::uint64_t seal_at = 107;
inline constexpr std::size_t signature_size = 32;

/// A signature's bytes: its name, then the number its note reserves.
/// The one that a share has, whoever signed it last.
bytes signature_of(const grid::sealed_share& share);
bytes make_signature(maker by, std::uint8_t count, sequence_number reserved);
grid::share_seal seal_of_signature(byte_view signature);

bytes make_share(const grid::file_version& version, share_number number, byte_view signature);
/// What a writer learns of a share; all shares here are good.
grid::sealed_share read_share(byte_view share);

/// "v3-B1{ab}": sequence number 3, the second actor's first try, with the updates a and b.
std::string name_of(const grid::file_version& version);
/// "/B1.2": the second signature of that try.
std::string name_of(const grid::share_seal& seal);
/// "A".
std::string actor_name(std::uint8_t who);

} // namespace truckee::model
