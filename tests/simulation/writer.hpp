#pragma once

#include "simulation/world.hpp"
#include "truckee/grid/file/strict_write.hpp"
#include "truckee/grid/file/write_operation.hpp"
#include "truckee/grid/publish/publish_loop.hpp"
#include "truckee/grid/read/map_update.hpp"
#include "truckee/grid/read/retrieve_plan.hpp"

#include <memory>
#include <optional>

namespace truckee::simulation {

/// What one operation came to.
struct operation_result {
  update_id update = 0;
  grid::write_end end = grid::write_end::running;
  effect what = effect::may_be_applied;
  std::optional<grid::file_version> version; ///< of the last publish
  std::string detail;
};

struct writer_plan {
  std::vector<grid::write_kind> operations;
  update_id first_update = 0;
  /// Crashes when it is about to send this many messages (writes only, if so said).
  std::optional<std::uint64_t> crash_at;
  bool count_writes_only = false;
  bool has_key = false; ///< made the file
};

/// Counts requests of one kind that are under way for one piece of work; one more than the limit breaks
/// invariant 5.
class read_count {
public:
  void begin(world& w, std::uint32_t limit, const char* what) {
    ++begun_;
    if (++now_ > limit)
      w.violation(5, std::to_string(now_) + " " + what + ", the limit is " + std::to_string(limit));
  }
  void end() { --now_; }
  std::uint32_t begun() const { return begun_; }

private:
  std::uint32_t now_ = 0;
  std::uint32_t begun_ = 0;
};

/// The shell around the decisions, as the actors are: sends what they say, tells them what came. Checks
/// invariants 1, 2, 4, 5 and 6 on the way.
class writer {
public:
  using finished = std::function<void(writer&)>;

  writer(world& w, writer_plan plan, finished done);

  void start(sim_time delay);
  bool crashed() const { return crashed_; }
  const std::vector<operation_result>& results() const { return results_; }
  /// Operations not begun or not ended when it crashed.
  std::size_t operations_left() const { return plan_.operations.size() - results_.size(); }
  const writer_plan& plan() const { return plan_; }

private:
  class dice_random final : public random_source {
  public:
    explicit dice_random(dice& d) : dice_(&d) {}
    void fill(mutable_byte_view out) override {
      for (auto& b : out)
        b = static_cast<std::byte>(dice_->raw() & 0xff);
    }

  private:
    dice* dice_;
  };

  void begin_operation();
  void rest();
  /// What the last operation left, where this one can begin on it, into the wish.
  void take_kept(grid::write_wish& wish);
  void keep_map();
  grid::file_servers file_servers() const { return {world_.order(), world_.order()}; }
  void advance();
  void end_operation();
  void operation_deadline();
  bool may_send(bool write);
  bool lone() const;
  /// Wraps a callback so that it does nothing once the phase it belongs to is over.
  template <class F>
  auto guarded(F f);

  void begin_map(const grid::write_action& action);
  bool may_leave(const server_id& server) const;
  void watch_the_slow_of_map();
  void pump_map();
  void map_done();
  grid::map_answer verified(const share_bytes_map& shares);
  grid::slot_contents sealed(const share_bytes_map& shares) const;
  std::set<server_id> may_do_without() const;
  std::uint32_t limit_of_map_reads();
  void read_shares(const server_id& from, sim_time deadline,
                   std::function<void(bool answered, const share_bytes_map& shares)> done);

  void begin_read(const grid::file_version& version);
  void pump_read();
  void read_done(bool ok);

  void apply();

  void begin_publish(const grid::write_action& action);
  result<grid::publish_loop> start_loop(const grid::write_action& action, grid::publish_request request);
  void watch_the_slow_of_publish();
  void pump_publish();
  void send(const grid::publish_message& message);
  void note_found(const server_id& server, const std::map<share_number, bytes>& found);
  void publish_done();
  void check_success(const grid::publish_report& report);

  world& world_;
  writer_plan plan_;
  finished done_;
  std::size_t id_;
  dice_random random_;
  bool crashed_ = false;
  std::uint64_t sent_ = 0;
  std::uint64_t phase_ = 0;
  std::vector<operation_result> results_;

  std::unique_ptr<grid::file_write> operation_;
  sim_time began_ = 0;
  std::uint64_t operation_number_ = 0;
  std::set<grid::file_version> earlier_;
  std::set<grid::share_seal> own_seals_;
  bool has_key_ = false;

  std::unique_ptr<grid::map_update> map_update_;
  bool reading_more_ = false;
  bool asks_all_ = false;
  std::set<grid::share_place> places_before_; ///< in the map that the present one is made on
  read_count map_reads_;
  std::set<server_id> left_;                ///< by the present map, for they were slow
  std::map<server_id, sim_time> map_asked_; ///< when
  sim_time map_slowest_ = 0;                ///< what the slowest answer to the present map took
  read_count fetches_;
  grid::servermap map_;
  std::optional<grid::slot_map> slots_; ///< where writers are strict
  sim_time map_began_ = 0;
  bytes seal_;           ///< the first bytes of the signature of the version under way
  sim_time mapped_ = 0;  ///< when servers were last asked
  bool created_ = false; ///< the last publish made the file
  std::optional<grid::kept_map> kept_;
  update_list kept_content_; ///< strict: of what was kept, and what it had replaced
  std::set<update_id> kept_replaced_;
  grid::file_version read_version_; ///< whose content is in memory
  std::unique_ptr<grid::retrieve_plan> retrieve_;
  update_list content_;          ///< what is in memory
  std::set<update_id> replaced_; ///< by what is in memory
  std::optional<grid::file_version> last_sent_;

  std::unique_ptr<grid::publish_loop> loop_;
  std::map<server_id, std::uint64_t> rollbacks_;
  std::set<server_id> busy_;
  bool saw_newer_ = false;
};

} // namespace truckee::simulation
