#pragma once

#include "model/scope.hpp"
#include "model/servers.hpp"
#include "truckee/grid/publish/publish_loop.hpp"
#include "truckee/grid/strict/strict_order.hpp"

#include <memory>

/// Writers and readers, each a machine whose steps are worked out once, by the real decisions.
namespace truckee::model {

enum class phase : std::uint8_t { mapping, ready, publishing, done };

/// All that one client knows and waits for.
struct client_state {
  std::uint8_t who = 0;
  phase at = phase::mapping;
  std::uint8_t next = 0;  ///< which of its operations
  std::uint8_t tries = 0; ///< rounds that this operation has lost
  // mapping
  std::map<std::uint8_t, std::uint32_t> heard; ///< slots by server
  std::set<std::uint8_t> away;                 ///< servers that do not answer this map
  // ready, publishing
  std::shared_ptr<const grid::slot_map> known; ///< what the publish begins on
  grid::file_version version;
  std::vector<std::pair<std::uint8_t, std::uint32_t>> answers; ///< place and outcome, as they came
  std::map<std::uint8_t, std::uint32_t> under_way;             ///< messages by place
};

enum class event_kind : std::uint8_t {
  read,    ///< a server tells its slot
  away,    ///< a server does not answer the map
  enough,  ///< the map ends early
  go,      ///< an operation begins without a map
  answer,  ///< what came of a message
  timeout, ///< no answer came: the message may land later
  crash,
};

/// What a client has to say when an operation ends.
struct saying {
  grid::file_version version;
  wish what = wish::append;
  bool certain = true; ///< false: a plain read
  std::uint8_t update = 0;
};

struct client_step {
  std::uint32_t next = 0;
  std::vector<std::uint32_t> stray; ///< messages whose answers it no longer waits for
  bool begins = false;              ///< its operation begins with this event
  std::optional<saying> said;
  std::string broken; ///< what must not happen, in words
};

/// What the real decisions came to while the machines were worked out: nothing is proved by what never happens.
struct reached {
  std::size_t publishes = 0;
  std::size_t barriers = 0;
  std::size_t purges = 0;
  std::size_t resends = 0;
  std::size_t lost_rounds = 0;
  std::size_t recognised = 0; ///< an own update found in the base
  std::size_t warm = 0;
  std::size_t fill_ins = 0;
  std::size_t doubtful_fill_ins = 0; ///< while something greater may be confirmed
};

class clients {
public:
  clients(const scope& bounds, servers& grid);

  std::uint32_t begin(std::uint8_t who);
  const client_state& state(std::uint32_t number) const { return states_[number]; }
  bool may_end_early(std::uint32_t number);
  /// `value`: the slot that was read, or the outcome of the message.
  const client_step& step(std::uint32_t number, event_kind kind, std::uint8_t place = 0,
                          std::uint32_t value = 0);

  /// A writer who comes now and is alone, all of whose messages arrive: the updates in what it publishes.
  std::optional<std::uint32_t> alone(std::vector<std::uint32_t> slots, std::uint8_t stage);

  const grid::strict_setting& setting(std::uint8_t stage) const { return settings_.at(stage); }
  const grid::strict_setting& setting_of(std::uint8_t who) const { return setting(bounds_.stage_of(who)); }
  static grid::slot_map map_of(const grid::strict_setting& setting,
                               const std::map<std::uint8_t, std::uint32_t>& heard, const servers& grid);
  const reached& met() const { return met_; }
  std::size_t states() const { return states_.size(); }
  std::size_t steps() const { return steps_.size(); }

private:
  struct decision;
  decision decide(const grid::slot_map& known, const operation& wanted) const;
  client_step make_step(const client_state& from, event_kind kind, std::uint8_t place, std::uint32_t value);
  void mapped(client_state state, client_step& out);
  void publish(client_state state, const content& what, client_step& out);
  void fill_in(client_state state, client_step& out);
  void run(client_state state, client_step& out);
  bool fills_in(const client_state& state) const;
  void again(client_state state, client_step& out);
  void ended(client_state state, const std::optional<saying>& said,
             std::shared_ptr<const grid::slot_map> left, client_step& out);
  std::uint32_t number(client_state state, std::string more);

  scope bounds_;
  std::map<std::uint8_t, grid::strict_setting> settings_; ///< by stage
  servers& grid_;
  interner<client_state> states_;
  std::unordered_map<std::uint64_t, client_step> steps_;
  std::unordered_map<std::uint32_t, bool> may_end_;
  reached met_;
};

} // namespace truckee::model
