#pragma once

#include "grid/limits.hpp"
#include "grid/publish_report.hpp"
#include "tests/grid/model_slot.hpp"
#include "tests/simulation/scenario.hpp"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace truckee::simulation {

/// Names an operation of a writer: what an increment is in the final value.
using update_id = std::uint32_t;

/// A version that really was signed, and which updates its content holds.
struct signed_version {
  grid::file_version version;
  std::set<update_id> updates;
};

struct sim_server {
  server_id id;
  test::model_slot slot;
  std::vector<test::model_slot> snapshots; ///< older states, to go back to
  bool up = true;
  bool full = false;
  bool read_only = false;
  bool lying = false;
  std::uint64_t rollbacks = 0;
};

/// The bytes of one share: prefix, padding, its own number. What a block hash would prove is that they are
/// all these.
bytes share_bytes(const grid::file_version& version, share_number number);

/// Servers, network and truth. Breaks things as the scenario says until the faults stop.
class world {
public:
  explicit world(const scenario& s);

  const scenario& conditions() const { return scenario_; }
  event_queue& clock() { return clock_; }
  dice& chance() { return dice_; }
  grid::grid_limits& limits() { return limits_; }
  tally& counts() { return tally_; }
  std::vector<sim_server>& servers() { return servers_; }
  sim_server& at(const server_id& id) { return servers_[index_.at(id)]; }
  const std::vector<server_id>& order() const { return order_; }

  void start_faults();
  void stop_faults();
  /// Records a breach of an invariant; the run goes on, so that the first one is not the only one seen.
  void violation(int invariant, const std::string& what);
  const std::vector<std::string>& violations() const { return violations_; }
  void trace(std::uint64_t a, std::uint64_t b = 0, std::uint64_t c = 0);
  std::uint64_t trace_hash() const { return trace_; }

  // -- what was signed --
  grid::file_version sign(sequence_number sequence, std::set<update_id> updates);
  const signed_version* find(const grid::file_version& version) const;
  bool proves_true(const grid::file_version& version) const { return find(version) != nullptr; }

  // -- the network; each call brings exactly one answer, at the latest at the deadline --
  using write_done = std::function<void(const grid::write_outcome&)>;
  using read_done = std::function<void(bool answered, const std::map<share_number, bytes>& shares)>;
  void send_write(std::size_t writer, const server_id& to, grid::read_test_write message, write_done done);
  void send_read(const server_id& to, sim_time deadline, read_done done);

  /// Writes of `writer` that may still take effect somewhere, and when the last one stopped to be.
  std::uint64_t writes_under_way(std::size_t writer) const { return flying_.at(writer).count; }
  sim_time last_write_ended(std::size_t writer) const { return flying_.at(writer).last_end; }
  std::size_t add_writer();
  std::size_t writers() const { return flying_.size(); }

  /// Good shares of each version over all servers: what a perfect observer could read.
  std::optional<grid::file_version> truly_best() const;

private:
  struct flying {
    std::uint64_t count = 0;
    sim_time last_end = 0;
  };
  struct request;

  sim_time one_way() { return dice_.between(scenario_.delay_least, scenario_.delay_most); }
  bool happens(fault what, double p);
  void arrive(std::size_t writer, const std::shared_ptr<request>& r);
  grid::read_test_write_answer serve(sim_server& server, const grid::read_test_write& message);
  void check_tests(const sim_server& server, const grid::read_test_write& message);
  void lie(grid::read_test_write_answer& answer);
  void lie(std::map<share_number, bytes>& shares);
  void plan_server_faults(std::size_t server);
  void damage(sim_server& server, bool swap);

  scenario scenario_;
  event_queue clock_;
  dice dice_;
  grid::grid_limits limits_;
  tally tally_;
  std::vector<sim_server> servers_;
  std::vector<server_id> order_;
  std::map<server_id, std::size_t> index_;
  std::map<hash256, signed_version> signed_;
  std::vector<flying> flying_;
  std::vector<std::string> violations_;
  std::uint64_t trace_ = 0xcbf29ce484222325U;
  bool faults_on_ = false;
};

} // namespace truckee::simulation
