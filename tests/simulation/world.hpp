#pragma once

#include "grid/model_slot.hpp"
#include "simulation/scenario.hpp"
#include "truckee/grid/limits.hpp"
#include "truckee/grid/publish/publish_report.hpp"
#include "truckee/grid/strict/strict_setting.hpp"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace truckee::simulation {

/// Names an operation of a writer: what an increment is in the final value.
using update_id = std::uint32_t;

/// A content: the updates it holds, in their order. An append adds one at the end; one that is there twice was
/// applied twice.
using update_list = std::vector<update_id>;

/// A version that really was signed.
struct signed_version {
  grid::file_version version;
  update_list content;
  std::set<update_id> replaced; ///< by overwrites that knew of them, on the way to this version

  bool accounts_for(update_id update) const;
};

using share_bytes_map = std::map<share_number, bytes>;

/// Where a server keeps the file's shares: a model for the decisions alone, a real store for the actors.
class share_keeper {
public:
  virtual ~share_keeper() = default;
  virtual grid::read_test_write_answer apply(const grid::read_test_write& message) = 0;
  /// What apply() would answer if it were called now; nothing changes.
  virtual grid::read_test_write_answer pretend(const grid::read_test_write& message) = 0;
  virtual const share_bytes_map& shares() = 0;
  /// What rot, a swap or a restart with an old disk leaves there.
  virtual void become(share_bytes_map shares) = 0;
};

class model_keeper final : public share_keeper {
public:
  grid::read_test_write_answer apply(const grid::read_test_write& message) override {
    return slot_.apply(message);
  }
  grid::read_test_write_answer pretend(const grid::read_test_write& message) override {
    return test::model_slot(slot_).apply(message);
  }
  const share_bytes_map& shares() override { return slot_.shares; }
  void become(share_bytes_map shares) override { slot_.shares = std::move(shares); }

private:
  test::model_slot slot_;
};

struct sim_server {
  server_id id;
  std::unique_ptr<share_keeper> slot;
  std::vector<share_bytes_map> snapshots; ///< older states, to go back to
  bool up = true;
  bool full = false;
  bool read_only = false;
  bool lying = false;
  std::uint64_t rollbacks = 0;
};

/// The bytes of one share: prefix, padding, its own number. What a block hash would prove is that they are
/// all these.
bytes share_bytes(const grid::file_version& version, share_number number);

/// Where the first bytes of its signature are, in a world whose writers are strict.
std::uint64_t seal_offset();
/// Is this share of that version, whoever signed it last?
bool is_share(byte_view data, const grid::file_version& version, share_number number);

/// How a request ended for whoever sent it.
enum class delivery : std::uint8_t {
  answered,
  never_sent, ///< the connection was refused
  lost,       ///< the connection broke after sending
  timed_out,  ///< sent, and nothing was heard until the deadline
};

template <class Answer>
struct delivered {
  delivery how = delivery::answered;
  Answer answer{};
};

/// What to tell the decisions of a write that ended so.
grid::write_outcome outcome_of(const grid::read_test_write& message,
                               const delivered<grid::read_test_write_answer>& what);

using make_keeper = std::function<std::unique_ptr<share_keeper>(const server_id&)>;

/// Servers, network and truth. Breaks things as the scenario says until the faults stop.
class world {
public:
  world(const scenario& s, sim_clock& clock, const make_keeper& make);

  const scenario& conditions() const { return scenario_; }
  sim_clock& clock() { return clock_; }
  dice& chance() { return dice_; }
  grid::grid_limits& limits() { return limits_; }
  tally& counts() { return tally_; }
  std::vector<sim_server>& servers() { return servers_; }
  sim_server& at(const server_id& id) { return servers_[index_.at(id)]; }
  const std::vector<server_id>& order() const { return order_; }
  /// Where writers are strict: how they keep the file.
  std::optional<grid::strict_setting> setting() const;

  void start_faults();
  void stop_faults();
  /// No faults happen: not yet, or not any more.
  bool calm() const { return !faults_on_; }
  /// Records a breach of an invariant; the run goes on, so that the first one is not the only one seen.
  void violation(int invariant, const std::string& what);
  const std::vector<std::string>& violations() const { return violations_; }
  void trace(std::uint64_t a, std::uint64_t b = 0, std::uint64_t c = 0);
  std::uint64_t trace_hash() const { return trace_; }

  // -- what was signed --
  grid::file_version sign(sequence_number sequence, update_list content, std::set<update_id> replaced);
  const signed_version* find(const grid::file_version& version) const;
  /// A content as writers read it: four bytes an update. Where scenario::alike says so many look the same.
  bytes bytes_of(const update_list& content) const;
  /// Updates that stand more than once in a version that anybody signed.
  std::size_t applied_twice() const;
  bool proves_true(const grid::file_version& version) const { return find(version) != nullptr; }

  // -- the network; each call brings exactly one answer, at the latest at the deadline --
  using write_done = std::function<void(const delivered<grid::read_test_write_answer>&)>;
  void send_write(std::size_t writer, const server_id& to, grid::read_test_write message, sim_time deadline,
                  write_done done);
  /// `serve(server, lies)` makes the answer of a server that hears the question.
  template <class Answer>
  void send_read(const server_id& to, sim_time deadline, std::function<Answer(sim_server&, bool lies)> serve,
                 std::function<void(const delivered<Answer>&)> done);
  void lie(share_bytes_map& shares);

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
  sim_time one_way() { return dice_.between(scenario_.delay_least, scenario_.delay_most); }
  bool happens(fault what, double p);
  struct write_under_way;
  void arrive(std::size_t writer, const std::shared_ptr<write_under_way>& r);
  grid::read_test_write_answer serve(sim_server& server, const grid::read_test_write& message);
  void check_tests(const share_bytes_map& before, const grid::read_test_write& message);
  void lie(grid::read_test_write_answer& answer);
  void plan_server_faults(std::size_t server);
  void damage(sim_server& server, bool swap);

  scenario scenario_;
  sim_clock& clock_;
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

/// A request and whoever waits for it: told once, whatever comes first.
template <class Answer>
struct under_way {
  std::function<void(const delivered<Answer>&)> done;
  bool settled = false;

  void settle(const delivered<Answer>& what) {
    if (!std::exchange(settled, true))
      done(what);
  }
};

template <class Answer>
void world::send_read(const server_id& to, sim_time deadline,
                      std::function<Answer(sim_server&, bool lies)> serve,
                      std::function<void(const delivered<Answer>&)> done) {
  ++tally_.messages;
  auto p = std::make_shared<under_way<Answer>>(under_way<Answer>{std::move(done)});
  if (!at(to).up && dice_.chance(0.5)) { // the rest are black holes: found out by the deadline
    clock_.after(one_way(), [p] { p->settle({delivery::never_sent, {}}); });
    return;
  }
  clock_.after(deadline, [p] { p->settle({delivery::timed_out, {}}); });
  if (happens(fault::request_lost, scenario_.request_lost))
    return;
  clock_.after(one_way(), [this, to, p, serve = std::move(serve)] {
    auto& server = at(to);
    if (!server.up || happens(fault::answer_lost, scenario_.answer_lost))
      return;
    auto answer = serve(server, server.lying && happens(fault::lie, 0.3));
    clock_.after(one_way(), [p, answer = std::move(answer)] { p->settle({delivery::answered, answer}); });
  });
}

} // namespace truckee::simulation
