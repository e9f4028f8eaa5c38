#pragma once

#include "truckee/grid/servermap.hpp"
#include "truckee/grid/share_seal.hpp"
#include "truckee/grid/strict/strict_setting.hpp"
#include "truckee/grid/strict/writer_note.hpp"

#include <map>
#include <optional>
#include <set>
#include <variant>
#include <vector>

/// What a strict writer or reader knows of a file's slots.
namespace truckee::grid {

/// A share whose signature holds, and what tests compare of it.
struct sealed_share {
  file_version version;
  share_seal seal;
  std::optional<writer_note> note = {};
  friend bool operator==(const sealed_share&, const sealed_share&) = default;
};

/// So much is known, and tested, of a share that does not verify: head, public key and signature, as far as they reach.
inline constexpr std::size_t damaged_bytes_max = 657;

/// What lies at a share number: a good share, or one that does not verify. Nothing and a share without bytes are the same.
using held_share = std::variant<sealed_share, bad_share>;
using slot_contents = std::map<share_number, held_share>;

/// The version of a good share.
const file_version* version_of(const held_share& share);
/// The versions that a slot has good shares of.
std::set<file_version> versions_in(const slot_contents& slot);

/// All that is known of the slots on the setting's servers; one that is not in it has not been heard.
class slot_map {
public:
  explicit slot_map(strict_setting setting) : setting_(std::move(setting)) {}

  const strict_setting& setting() const { return setting_; }
  /// The slot as it was read, or as an acknowledged message left it. A server that is not of the setting is not taken in.
  void know(const server_id& server, slot_contents contents);
  void forget(const server_id& server) { slots_.erase(server); }
  const std::map<server_id, slot_contents>& slots() const { return slots_; }

  /// Smallest first.
  std::set<file_version> versions() const;
  std::set<share_number> numbers(const file_version& version) const;
  /// The servers with a good share of it.
  std::set<server_id> showing(const file_version& version) const;
  /// k of its share numbers have been seen on U.
  bool recoverable(const file_version& version) const;

private:
  strict_setting setting_;
  std::map<server_id, slot_contents> slots_;
};

} // namespace truckee::grid
