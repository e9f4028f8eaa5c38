#pragma once

#include "simulation/world.hpp"

#include "truckee/messages/types.hpp"

namespace truckee::simulation {

/// A version as it was seen on its way to servers.
struct sent_version {
  grid::file_version version;
  std::size_t writer = 0;
  share_bytes_map shares;              ///< as sent, those that were sent whole
  std::set<grid::file_version> tested; ///< what its messages were ready to replace
};

/// All that went over the wires of a run; what the clients believe plays no part here.
class wire_record {
public:
  explicit wire_record(world& w, std::uint64_t budget) : world_(w), budget_(budget) {}

  sent_version* find(const grid::file_version& version);
  sent_version& note(std::size_t writer, const grid::file_version& version);

  /// Invariant 5: shares in memory because they are on their way, over all clients, stay within the budget
  /// unless one publish is alone. A share that goes to two servers is there once. Those of messages whose servers took so long
  /// that nobody waited for them are not the budget's any more: their publish has ended, and their link gives them up.
  void goes_out(std::size_t writer, const grid::file_version& version, const grid::read_test_write& message);
  void comes_back(std::size_t writer, const grid::file_version& version,
                  const grid::read_test_write& message);
  void nothing_under_way(std::size_t writer) { in_flight_.erase(writer); }

private:
  world& world_;
  std::uint64_t budget_;
  std::map<hash256, sent_version> sent_;
  struct held_share {
    std::size_t messages = 0;
    std::uint64_t bytes = 0;
    sim_time sent = 0; ///< the last of them
  };
  std::map<std::size_t, std::map<std::pair<hash256, share_number>, held_share>> in_flight_; ///< by writer
};

/// Watches what one client sends and hears, from outside. Checks invariants 2 and 5.
class traffic {
public:
  traffic(world& w, wire_record& wires, std::size_t writer) : world_(w), wires_(wires), writer_(writer) {}

  void operation_begins();
  void operation_ends();

  /// Returns the version the message carries.
  grid::file_version write_goes_out(const server_id& to, const grid::read_test_write& message);
  void write_comes_back(const server_id& from, const grid::file_version& version,
                        const grid::read_test_write& message,
                        const delivered<grid::read_test_write_answer>& what);
  void read_goes_out(const server_id& to, const grid::slot_read& question);
  void read_comes_back(const server_id& from, const grid::slot_read& question,
                       const delivered<grid::slot_read_answer>& what);

  /// Of this operation.
  const std::optional<grid::file_version>& last_sent() const { return last_sent_; }
  bool saw_newer() const { return saw_newer_; }
  std::uint64_t rollbacks_before(const server_id& server) const { return rollbacks_.at(server); }

private:
  void found(const server_id& server, const grid::share_reads& reads);

  world& world_;
  wire_record& wires_;
  std::size_t writer_;
  std::set<grid::file_version> mine_;
  std::optional<grid::file_version> last_sent_;
  bool saw_newer_ = false;
  std::uint64_t operation_ = 0;
  std::map<server_id, std::uint64_t> rollbacks_;
  std::set<std::pair<server_id, grid::file_version>> writing_;
  std::set<server_id> asked_;               ///< for the present map
  std::map<server_id, sim_time> map_reads_; ///< when they were asked
  /// Under way, by what of a share is read: one read asks for the same of all.
  std::map<std::vector<std::pair<std::uint64_t, std::uint64_t>>, std::uint32_t> fetches_;
};

} // namespace truckee::simulation
