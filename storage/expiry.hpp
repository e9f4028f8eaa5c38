#pragma once

#include "truckee/storage/container.hpp"

#include <chrono>
#include <deque>

/// Letting go of shares whose leases have ended: the policy, and one look at the whole store.
namespace truckee::storage {

/// Whether shares without a valid lease go.
enum class expiry_mode : std::uint8_t {
  off,     ///< every share stays for ever
  dry_run, ///< shares that would go are counted and named
  on,      ///< and removed
};

/// What goes when, and how often it is looked for.
struct expiry_settings {
  expiry_mode mode = expiry_mode::off;
  /// How long a share stays after its last lease ended. As long as a lease, so that a client who renews once
  /// a month may miss one month.
  std::chrono::seconds grace{lease_seconds};
  /// Whether a share that has no lease goes, too. Only other programs make such shares, or somebody who
  /// cancelled the lease; nothing says how old they are, so they stay unless asked.
  bool unleased = false;
  /// From the start of one look at the whole store to the next.
  std::chrono::seconds interval{24 * 3600};
  friend bool operator==(const expiry_settings&, const expiry_settings&) = default;

  expiry_policy policy() const {
    return {.grace_seconds = static_cast<std::uint64_t>(grace.count()), .remove_unleased = unleased};
  }
};

/// What one look at the whole store found.
struct expiry_report {
  struct entry {
    storage_index slot;
    std::vector<share_number> shares;
    std::uint64_t bytes = 0; ///< of their containers
  };
  /// Slots named one by one; the rest is only counted, so that no report grows with the store.
  static constexpr std::size_t named_max = 1000;

  expiry_mode mode = expiry_mode::off;
  std::uint64_t slots = 0;        ///< looked at
  std::uint64_t shares = 0;       ///< expired; removed where the mode is on
  std::uint64_t bytes = 0;        ///< of their containers
  std::uint64_t kept = 0;         ///< shares that stay
  std::uint64_t unreadable = 0;   ///< shares whose leases could not be read; they stay
  std::uint64_t doubtful = 0;     ///< shares of a time before 2023, when some clock was wrong; they stay
  std::uint64_t failed = 0;       ///< slots that could not be looked at or changed
  std::string first_failure = {}; ///< with its slot
  std::vector<entry> named = {};
  std::vector<entry> doubtful_named = {};
  std::uint64_t slots_not_named = 0; ///< of both
};

/// For people: a line for each named slot, then one with the sums.
std::string to_text(const expiry_report& report);

/// Walks through the slots of a store, one at a time, and sums up what expire() said.
class expiry_scan {
public:
  expiry_scan(expiry_mode mode, const std::vector<storage_index>& slots);

  /// The slot to look at next; nothing: the look has ended.
  std::optional<storage_index> next();
  void took(const storage_index& slot, const result<slot_expiry>& what);
  const expiry_report& report() const { return report_; }

private:
  void name(std::vector<expiry_report::entry>& among, expiry_report::entry what);

  std::deque<storage_index> left_;
  expiry_report report_;
};

} // namespace truckee::storage
