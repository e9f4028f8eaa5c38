#pragma once

#include "grid/model_grid.hpp"
#include "linearizability/history.hpp"
#include "truckee/base/random.hpp"
#include "truckee/grid/file/confirmation.hpp"
#include "truckee/grid/file/strict_write.hpp"
#include "truckee/grid/publish/publish_loop.hpp"
#include "truckee/grid/strict/rules.hpp"
#include "truckee/grid/strict/strict_order.hpp"

#include <algorithm>
#include <functional>
#include <random>

/// Strict writers on servers that keep what they acknowledge, over a network that delays, reorders, repeats and loses: the
/// next thing to happen is drawn, there is no time. A version is a list of operations, an append each; or, where histories are
/// kept, what was published whole and what was appended to it.
namespace truckee::test {

inline constexpr std::uint64_t seal_at = 107; ///< in the shares of this world

/// A share with a signature behind its head.
inline bytes sealed_share_of(const grid::file_version& v, share_number number, byte_view signature) {
  auto out = share_of(v, number);
  out.resize(seal_at);
  out.insert(out.end(), signature.begin(), signature.end());
  out.push_back(static_cast<std::byte>(number.value));
  return out;
}

struct strict_faults {
  double lost = 0;      ///< of requests and of answers, each
  double late = 0;      ///< of lost requests: they land yet
  double twice = 0;     ///< of requests
  double crash = 0;     ///< of writers, at each message
  double break_up = 0;  ///< of slots read: a server is away for one map
  double turn_away = 0; ///< of operations that failed: nobody asks for them again
  double rot = 0;       ///< of maps: a share of the first server is damaged before
};

/// What a run came to.
struct run_tally {
  std::size_t acknowledged = 0;
  std::size_t rounds_lost = 0;
  std::size_t barriers = 0;
  std::size_t purged = 0;
  std::size_t resent = 0;
  std::size_t gave_up = 0;
  std::size_t most_versions = 0; ///< in one slot, at any time
  std::size_t rotten = 0;        ///< shares that were damaged
  std::size_t warm = 0;          ///< publishes on what the one before left
  std::size_t stale = 0;         ///< of them, those in vain
  std::size_t reads = 0;
  std::size_t renewed = 0; ///< by readers, who published what was there
  std::size_t reads_given_up = 0;
  std::vector<std::string> broken;
};

class strict_world {
public:
  strict_world(grid::strict_setting setting, strict_faults faults, std::uint64_t seed)
    : setting_(std::move(setting)), faults_(faults), random_(seed) {
    for (const auto& server : setting_.all_servers())
      slots_[server];
    create();
  }

  /// In the order in which they were written.
  class operations {
  public:
    bool insert(int operation) {
      const bool absent = !contains(operation);
      if (absent)
        all_.push_back(operation);
      return absent;
    }
    void append(int operation) { all_.push_back(operation); }
    bool contains(int operation) const { return std::ranges::find(all_, operation) != all_.end(); }
    auto begin() const { return all_.begin(); }
    auto end() const { return all_.end(); }
    const file_content& lines() const { return all_; }

  private:
    file_content all_;
  };

  void add_writer(std::vector<int> wanted) { add_writer(std::move(wanted), setting_); }
  /// By another setting than the file was made with; servers that only that one has are empty.
  void add_writer(std::vector<int> wanted, const grid::strict_setting& setting);
  /// Until nothing is left to happen.
  void run() {
    for (std::size_t steps = 0; !events_.empty(); ++steps) {
      ++now_;
      if (steps > 200'000) {
        tally.broken.emplace_back("the run does not end");
        return;
      }
      const auto at = below(events_.size());
      auto next = std::move(events_[at]);
      events_.erase(events_.begin() + static_cast<std::ptrdiff_t>(at));
      next();
    }
  }
  void stop_faults() { faults_ = {}; }
  /// A repair, while nobody else is at work: servers that missed what R8 gives them get it.
  void fill_in(const grid::strict_setting& setting);
  void set_faults(const strict_faults& faults) { faults_ = faults; }
  static constexpr int first_line = -1; ///< what the file has from the beginning
  /// Writers begin on what their last publish left.
  bool keeps_maps = true;
  /// What operations are that append nothing: they publish the file whole, or read it, confirmed. Where there are any, a run is
  /// judged by its history alone.
  std::map<int, file_operation::kind> kinds;
  bool readers_may_write = false; ///< they have a write capability, and do not wait for who may be dead
  bool reads_are_plain = false;   ///< they take the greatest version that they can read
  /// Of operations that were acknowledged, and of those of unknown fate.
  std::vector<file_operation> history;
  /// Writers delete damaged shares, as a repair does.
  bool clears_damaged = false;

  run_tally tally;

private:
  friend class strict_writer;

  /// The file's first version, confirmed by all.
  void create() {
    const auto first = version(1, 1, setting_.k(), setting_.n());
    signed_[first].append(first_line);
    grid::slot_map empty(setting_);
    std::set<server_id> all;
    for (const auto& [server, slot] : slots_) {
      empty.know(server, {});
      all.insert(server);
    }
    for (const auto& [server, numbers] : grid::strict::places(empty, all))
      for (const auto number : numbers)
        slots_.at(server).shares[number] = sealed_share_of(first, number, bytes(2 * grid::share_seal::size));
  }

  grid::slot_contents contents_of(const server_id& server) const {
    grid::slot_contents out;
    for (const auto& [number, data] : slots_.at(server).shares) {
      const auto v = grid::parse_prefix(data);
      if (!v || !signed_.contains(*v)) {
        out[number] = grid::bad_share{data, "no such version"};
        continue;
      }
      grid::sealed_share share{*v, {}};
      std::copy_n(data.begin() + seal_at, share.seal.data.size(), share.seal.data.begin());
      if (const auto note = notes_.find(share.seal); note != notes_.end())
        share.note = note->second; // in the salt of its signature
      out[number] = share;
    }
    return out;
  }

  bool happens(double p) { return p > 0 && std::uniform_real_distribution<>(0, 1)(random_) < p; }
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }
  void later(std::function<void()> what) { events_.push_back(std::move(what)); }
  void rot() {
    auto& shares = slots_.at(setting_.servers().front()).shares;
    if (shares.empty())
      return;
    auto& share = std::next(shares.begin(), std::ptrdiff_t(below(shares.size())))->second;
    share.at(20) ^= std::byte{1}; // its root hash
    ++tally.rotten;
  }

  grid::strict_setting setting_;
  strict_faults faults_;
  std::uint64_t now_ = 1; ///< things that happened
  std::mt19937_64 random_;
  std::map<server_id, model_slot> slots_;
  std::vector<std::function<void()>> events_;
  std::map<grid::file_version, operations> signed_; ///< what really was signed
  std::map<grid::share_seal, grid::writer_note> notes_;
  std::map<int, grid::file_version>
      acknowledged_;       ///< each operation, and the version it was acknowledged with
  operations not_applied_; ///< as their writers were told, who do not ask again
  std::vector<std::shared_ptr<class strict_writer>> writers_;
};

/// One writer and its operations, one after the other.
class strict_writer : public std::enable_shared_from_this<strict_writer> {
public:
  strict_writer(strict_world& in, std::vector<int> wanted, grid::strict_setting setting)
    : world_(in), setting_(std::move(setting)), wanted_(std::move(wanted)) {}

  void begin() {
    if (next_ == wanted_.size())
      return;
    asked_ = 0;
    own_.clear();
    had_ = {};
    for (const auto& [operation, at] : world_.acknowledged_)
      had_.insert(operation);
    entry_ = world_.history.size();
    world_.history.push_back({{world_.now_, operation_times::never}, kind(), wanted_[next_], {}});
    if (kind() == file_operation::kind::read)
      return look();
    ask();
  }

private:
  static constexpr std::size_t asked_max = 20;

  file_operation::kind kind() const {
    const auto found = world_.kinds.find(wanted_[next_]);
    return found == world_.kinds.end() ? file_operation::kind::modify : found->second;
  }

  class drawn final : public random_source {
  public:
    explicit drawn(strict_world& in) : in_(in) {}
    void fill(mutable_byte_view out) override {
      for (auto& byte : out)
        byte = static_cast<std::byte>(in_.random_());
    }

  private:
    strict_world& in_;
  };

  bytes drawn_signature() {
    bytes out(grid::share_seal::size * 2);
    for (auto& byte : out)
      byte = static_cast<std::byte>(world_.random_());
    return out;
  }

  /// Asks for the operation, or asks for it again: what it sent before is known then.
  void ask() {
    ++asked_;
    grid::write_wish wish;
    wish.kind = kind() == file_operation::kind::read      ? grid::write_kind::renew
                : kind() == file_operation::kind::publish ? grid::write_kind::overwrite
                                                          : grid::write_kind::modify;
    wish.own = own_;
    wish.earlier = earlier_;
    wish.own_seals = own_seals_;
    wish.limits.strict_tries_max = 30;
    wish.kept_slots = std::exchange(kept_, std::nullopt);
    content_ = kept_content_;
    operation_ = std::make_unique<grid::strict_write>(std::move(wish), setting_, random_);
    act();
  }

  void act() {
    const auto action = operation_->next();
    switch (action.what) {
    case grid::write_action::kind::map:
      return map();
    case grid::write_action::kind::read:
      content_ = world_.signed_.at(*action.version);
      read_version_ = *action.version;
      operation_->on_read(true);
      return act();
    case grid::write_action::kind::apply: {
      using change = grid::applied_change::kind;
      if (kind() == file_operation::kind::modify && !world_.kinds.empty()) {
        append_line();
        return act();
      }
      const bool changes = kind() == file_operation::kind::read || content_.insert(wanted_[next_]);
      operation_->on_applied({changes ? change::changed : change::contained});
      return act();
    }
    case grid::write_action::kind::publish:
      return publish(action);
    case grid::write_action::kind::wait:
      world_.later([self = shared_from_this()] {
        self->operation_->on_waited();
        self->act();
      });
      return;
    case grid::write_action::kind::done:
      return ended_operation();
    }
  }

  static bytes bytes_of(const file_content& lines) {
    bytes out;
    for (const auto line : lines)
      for (const char c : std::to_string(line) + "\n")
        out.push_back(static_cast<std::byte>(c));
    return out;
  }

  /// By the bytes, as an append does.
  void append_line() {
    using change = grid::applied_change::kind;
    const auto now = bytes_of(content_.lines());
    switch (grid::presence_in(operation_->result().own, read_version_, now, bytes_of({wanted_[next_]}))) {
    case grid::presence::contained:
      return operation_->on_applied({change::contained, {}, grid::mark_of(now)});
    case grid::presence::unclear:
      return operation_->on_applied({change::unclear});
    case grid::presence::absent:
      break;
    }
    content_.append(wanted_[next_]);
    operation_->on_applied({change::changed, grid::mark_of(now), grid::mark_of(bytes_of(content_.lines()))});
  }

  void ended_operation() {
    const auto result = operation_->result();
    own_ = result.own;
    earlier_.insert(result.sent.begin(), result.sent.end());
    own_seals_.insert(result.seals.begin(), result.seals.end());
    if (kind() == file_operation::kind::read)
      return look(); // what was there is published again, or not: the next map tells
    if (result.what == effect::applied)
      return acknowledge(result.found ? *result.found : result.report->version);
    if (result.end == grid::write_end::unrecoverable &&
        known_->slots().size() == setting_.all_servers().size())
      world_.tally.broken.emplace_back("no version can be read");
    // A whole file that may be there is not put on top of what others may have built on it.
    const bool once = kind() == file_operation::kind::publish;
    if (asked_ < asked_max && !once && !world_.happens(world_.faults_.turn_away))
      return ask();
    ++world_.tally.gave_up;
    if (result.what == effect::not_applied) {
      world_.not_applied_.insert(wanted_[next_]);
      forget_entry();
    }
    done();
  }

  /// What has no effect, as it was told, is nothing that anybody could see.
  void forget_entry() { world_.history[entry_].began = operation_times::never; }
  void close_entry() { world_.history[entry_].ended = world_.now_; }

  // -- confirmed reads --

  void look() {
    if (!confirmation_)
      confirmation_.emplace(world_.readers_may_write);
    looking_ = true;
    map();
  }

  void looked() {
    looking_ = false;
    using step = grid::confirmation_step::kind;
    auto next = confirmation_->on_map(*known_);
    if (world_.reads_are_plain)
      next = grid::strict::base(*known_) ? grid::confirmation_step{step::read, *grid::strict::base(*known_)}
                                         : grid::confirmation_step{step::give_up, {}};
    switch (next.what) {
    case step::read:
      world_.history[entry_].seen = world_.signed_.at(next.version).lines();
      close_entry();
      ++world_.tally.reads;
      break;
    case step::look_again:
      return look();
    case step::renew:
      ++world_.tally.renewed;
      return ask();
    case step::give_up:
      forget_entry();
      ++world_.tally.reads_given_up;
      break;
    }
    confirmation_.reset();
    done();
  }

  // -- R1 --

  void map() {
    if (world_.happens(world_.faults_.rot))
      world_.rot();
    known_ = std::make_shared<grid::slot_map>(setting_);
    auto open = std::make_shared<std::size_t>(setting_.all_servers().size());
    for (const auto& server : setting_.all_servers())
      world_.later([self = shared_from_this(), server, open, known = known_] {
        if (!self->world_.happens(self->world_.faults_.break_up))
          known->know(server, self->read(server));
        // The answer travels too: others may write meanwhile.
        self->world_.later([self, open] {
          if (--*open == 0)
            self->mapped();
        });
      });
  }

  grid::slot_contents read(const server_id& server) {
    auto out = world_.contents_of(server);
    world_.tally.most_versions = std::max(world_.tally.most_versions, grid::versions_in(out).size());
    return out;
  }

  void done() {
    ++next_;
    begin();
  }

  void mapped() {
    if (looking_)
      return looked();
    grid::servermap shares(grid::map_mode::write);
    for (const auto& [server, slot] : known_->slots()) {
      shares.set_answered(server);
      for (const auto& [number, share] : slot)
        if (const auto* v = grid::version_of(share))
          shares.add_share({server, number}, *v);
    }
    operation_->on_map({std::move(shares), std::nullopt, *known_, std::chrono::milliseconds(1)});
    act();
  }

  // -- R3 to R7 --

  void publish(const grid::write_action& action) {
    version_ = version(action.sequence.value, 0, setting_.k(), setting_.n());
    store_be(version_.root.view().first(8), world_.random_());
    if (kind() == file_operation::kind::publish) {
      content_ = {};
      content_.insert(wanted_[next_]);
    }
    world_.signed_.emplace(version_, content_);
    signature_ = drawn_signature();
    world_.notes_.emplace(grid::seal_of(signature_), action.strict->note);
    grid::strict_task task{action.strict->known,
                           {},
                           seal_at,
                           [this, note = action.strict->note](const grid::file_version&) {
                             auto signature = drawn_signature();
                             world_.notes_.emplace(grid::seal_of(signature), note);
                             return signature;
                           },
                           action.strict->own_seals,
                           false,
                           false,
                           action.strict->note};
    task.seal = grid::seal_of(signature_);
    task.clear_damaged = world_.clears_damaged;
    auto order = std::make_unique<grid::strict_order>(std::move(task));
    order_ = order.get();
    grid::publish_request request;
    request.version = version_;
    request.servers = setting_.all_servers();
    request.earlier = earlier_;
    request.kept_map = action.kept.has_value();
    world_.tally.warm += request.kept_map ? 1 : 0;
    for (const auto& own : operation_->result().sent)
      request.earlier.insert(own);
    auto loop = grid::publish_loop::start(std::move(request), std::move(order));
    if (!loop) {
      world_.tally.broken.push_back("a publish was refused: " + to_string(loop.error()));
      return;
    }
    loop_ = std::make_shared<grid::publish_loop>(std::move(*loop));
    pump();
  }

  void pump() {
    const auto loop = loop_;
    const auto actions = loop->step();
    for (const auto& message : actions.writes) {
      if (world_.happens(world_.faults_.crash)) {
        loop_.reset();
        return;
      }
      send(message);
    }
    if (actions.finished)
      ended();
  }

  void send(const grid::publish_message& message) {
    grid::share_contents encoded;
    for (const auto& planned : message.shares)
      encoded[planned.share] =
          grid::whole_share(shared_bytes(sealed_share_of(version_, planned.share, signature_)));
    auto request =
        std::make_shared<grid::read_test_write>(grid::build_message(message, encoded, {}, {}).value());
    const auto settle = [self = shared_from_this(), loop = loop_,
                         id = message.id](const grid::write_outcome& outcome) {
      if (self->loop_ != loop)
        return;
      loop->on_write(id, outcome);
      self->pump();
    };
    const auto land = [self = shared_from_this(), request, server = message.server] {
      return self->world_.slots_.at(server).apply(*request);
    };
    if (world_.happens(world_.faults_.twice))
      world_.later([land] { land(); });
    if (world_.happens(world_.faults_.lost)) {
      if (world_.happens(world_.faults_.late))
        world_.later([land] { land(); });
      world_.later([settle] { settle(outcome(grid::write_outcome_kind::unknown)); });
      return;
    }
    world_.later([self = shared_from_this(), request, settle, land] {
      const auto answer = land();
      const bool lost = self->world_.happens(self->world_.faults_.lost);
      self->world_.later([request, settle, answer, lost] {
        settle(lost ? outcome(grid::write_outcome_kind::unknown) : grid::judge_answer(*request, answer));
      });
    });
  }

  void ended() {
    auto report = loop_->report();
    auto& tally = world_.tally;
    tally.barriers += order_->sealed() ? 1 : 0;
    tally.purged += order_->purged();
    tally.resent += order_->resent();
    tally.rounds_lost += report.ok() ? 0 : 1;
    tally.stale += report.end == grid::publish_end::kept_map_stale ? 1 : 0;
    if (world_.keeps_maps && report.ok() && grid::strict::may_begin_on(*report.strict->left)) {
      kept_ = *report.strict->left;
      kept_content_ = content_;
    }
    if (report.strict->met_another && world_.writers_.size() == 1)
      tally.broken.push_back("a lone writer met another: " + report.failure().value_or(error{}).detail);
    loop_.reset();
    operation_->on_published(std::move(report));
    act();
  }

  void acknowledge(const grid::file_version& in) {
    close_entry();
    if (!world_.kinds.empty()) {
      ++world_.tally.acknowledged;
      return done();
    }
    const auto& content = world_.signed_.at(in);
    const auto mine = wanted_[next_];
    const auto lost = [&](int operation, const grid::file_version& where) {
      world_.tally.broken.push_back("operation " + std::to_string(operation) +
                                    " was acknowledged, and is not in " + grid::describe(where));
    };
    if (!content.contains(mine))
      lost(mine, in);
    for (const auto operation : world_.not_applied_)
      if (content.contains(operation))
        world_.tally.broken.push_back("operation " + std::to_string(operation) +
                                      " was told as not applied, and is in " + grid::describe(in));
    for (const auto& [operation, at] : world_.acknowledged_) {
      // Every later version has it; and what was acknowledged before this operation began is in what it makes.
      if (at < in && !content.contains(operation))
        lost(operation, in);
      if (in < at && !world_.signed_.at(at).contains(mine))
        lost(mine, at);
    }
    for (const auto operation : had_)
      if (!content.contains(operation))
        lost(operation, in);
    world_.acknowledged_[mine] = in;
    ++world_.tally.acknowledged;
    done();
  }

  strict_world& world_;
  grid::strict_setting setting_;
  std::vector<int> wanted_;
  std::size_t next_ = 0;
  std::size_t asked_ = 0;
  std::size_t entry_ = 0; ///< in the history
  bool looking_ = false;
  std::optional<grid::confirmation> confirmation_;
  drawn random_{world_};
  std::unique_ptr<grid::strict_write> operation_;
  std::vector<grid::sent_version> own_;  ///< of this operation, when it was asked for before
  std::set<grid::file_version> earlier_; ///< that it sent, and of which signatures
  std::set<grid::share_seal> own_seals_;
  strict_world::operations content_;   ///< in memory
  strict_world::operations had_;       ///< acknowledged when this operation began
  std::optional<grid::slot_map> kept_; ///< what the last publish left, and its content
  strict_world::operations kept_content_;
  std::shared_ptr<grid::slot_map> known_;
  grid::file_version version_;
  grid::file_version read_version_; ///< whose content was read last
  bytes signature_;
  std::shared_ptr<grid::publish_loop> loop_;
  const grid::strict_order* order_ = nullptr; ///< of the loop
};

inline void strict_world::fill_in(const grid::strict_setting& setting) {
  grid::slot_map known(setting);
  for (const auto& server : setting.all_servers())
    known.know(server, contents_of(server));
  const auto version = grid::strict::greatest_on_enough(known);
  if (!version)
    return;
  bytes signature;
  for (const auto& [server, slot] : slots_)
    for (const auto& [number, data] : slot.shares)
      if (grid::parse_prefix(data).value() == *version)
        signature = to_bytes(byte_view{data}.subspan(seal_at, 2 * grid::share_seal::size));
  for (const auto& [server, numbers] : grid::strict::missing_places(known, *version)) {
    auto& shares = slots_.at(server).shares;
    std::erase_if(shares,
                  [&](const auto& share) { return grid::parse_prefix(share.second).value() < *version; });
    for (const auto number : numbers)
      shares[number] = sealed_share_of(*version, number, signature);
  }
}

inline void strict_world::add_writer(std::vector<int> wanted, const grid::strict_setting& setting) {
  for (const auto& server : setting.all_servers())
    slots_[server];
  writers_.push_back(std::make_shared<strict_writer>(*this, std::move(wanted), setting));
  later([writer = writers_.back()] { writer->begin(); });
}

} // namespace truckee::test
