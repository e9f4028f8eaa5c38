#pragma once

#include "truckee/grid/slot.hpp"
#include "truckee/grid/version.hpp"

#include <map>
#include <set>
#include <variant>
#include <vector>

/// What is known about one file's shares on the grid.
namespace truckee::grid {

/// Why the map was made; only write, check and repair maps may be published with.
enum class map_mode : std::uint8_t { anything, read, write, check, repair };
std::string_view to_string(map_mode mode);

/// One share number on one server.
struct share_place {
  server_id server;
  share_number share;
  friend bool operator==(const share_place&, const share_place&) = default;
  friend auto operator<=>(const share_place&, const share_place&) = default;
};

/// A share that does not verify: its first bytes are what a replacing write tests for (at most 75; in a strict_order's slot
/// more).
struct bad_share {
  bytes seen;
  std::string reason;
  friend bool operator==(const bad_share&, const bad_share&) = default;
};

/// What we believe a place holds; a write to it carries the matching test.
struct no_share {
  friend bool operator==(const no_share&, const no_share&) = default;
};
using belief = std::variant<no_share, file_version, bad_share>;
/// "nothing", "seq 7, root ab12cd34", "a damaged share".
std::string describe(const belief& what);

/// How well a file is kept, by what a map shows.
enum class file_health : std::uint8_t {
  healthy,       ///< one version, all its N shares, no other version and no bad share
  recoverable,   ///< can be read, but something is missing, left over or bad
  unrecoverable, ///< no version has k distinct good shares
};
std::string_view to_string(file_health health);

/// The shares of one version.
struct version_health {
  file_version version;
  std::size_t distinct_shares = 0; ///< good share numbers; the version is recoverable from k on
  std::size_t servers = 0;
  std::size_t happiness = 0; ///< maximum matching of servers to share numbers
  bool recoverable = false;
  std::vector<share_place> places;
};

/// What check reports.
struct map_summary {
  file_health health = file_health::unrecoverable;
  std::vector<version_health> versions; ///< greatest first
  std::vector<std::pair<share_place, std::string>> bad;
  std::size_t servers_answered = 0;
  std::size_t servers_failed = 0;
  std::size_t servers_not_asked = 0;
};

/// Which server has, or had, which share of which version; and who was asked and did not answer.
class servermap {
public:
  servermap() = default;
  explicit servermap(map_mode mode) : mode_(mode) {}

  map_mode mode() const { return mode_; }
  void set_mode(map_mode mode) { mode_ = mode; }

  /// A verified share. Replaces whatever was known of that place.
  void add_share(const share_place& place, const file_version& version);
  /// A share that does not verify. `seen` is cut to 75 bytes.
  void mark_bad(const share_place& place, byte_view seen, std::string reason);
  /// The share is not there (any more).
  void forget(const share_place& place);
  /// Forgets every share of a server, before a fresh answer of it is entered.
  void forget_shares(const server_id& server);

  /// The server told all its shares of the file.
  void set_answered(const server_id& server);
  /// The server was asked and did not answer usefully. What was known of its shares before is dropped.
  void set_failed(const server_id& server, std::string reason);
  /// The server exists but was not asked.
  void set_not_asked(const server_id& server);

  bool answered(const server_id& server) const { return answered_.contains(server); }
  const std::set<server_id>& servers_answered() const { return answered_; }
  const std::map<server_id, std::string>& servers_failed() const { return failed_; }
  const std::set<server_id>& servers_not_asked() const { return not_asked_; }

  const std::map<share_place, file_version>& shares() const { return shares_; }
  const std::map<share_place, bad_share>& bad_shares() const { return bad_; }
  belief at(const share_place& place) const;
  /// Shares of one server, good and bad.
  std::vector<share_number> shares_on(const server_id& server) const;

  /// Every version with a good share, smallest first.
  std::set<file_version> versions() const;
  bool knows(const file_version& version) const;
  std::set<share_number> share_numbers(const file_version& version) const;
  std::vector<share_place> places(const file_version& version) const;
  bool recoverable(const file_version& version) const;

  /// Smallest first.
  std::vector<file_version> recoverable_versions() const;
  std::vector<file_version> unrecoverable_versions() const;
  /// The greatest recoverable version.
  std::optional<file_version> best() const;
  /// The highest validated sequence number, recoverable or not; 0 for an empty map.
  sequence_number highest_sequence() const;
  /// Unrecoverable versions whose sequence number is higher than the best recoverable one's (all, if none
  /// is).
  std::vector<file_version> newer_unrecoverable() const;

  map_summary summary() const;

private:
  map_mode mode_ = map_mode::anything;
  std::map<share_place, file_version> shares_;
  std::map<share_place, bad_share> bad_;
  std::set<server_id> answered_;
  std::map<server_id, std::string> failed_;
  std::set<server_id> not_asked_;
};

} // namespace truckee::grid
