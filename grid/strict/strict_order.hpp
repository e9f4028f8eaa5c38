#pragma once

#include "truckee/grid/publish/publish_order.hpp"
#include "truckee/grid/strict/slot_map.hpp"

#include <functional>
#include <tuple>

namespace truckee::grid {

/// What one strict publish is given beside its request.
struct strict_task {
  slot_map known;              ///< the slots as this writer last learned of them; all tests come from it
  share_seal seal;             ///< of the new version's own signature
  std::uint64_t seal_at = 401; ///< where signatures begin in a share of this file
  /// Signs a version's prefix anew, with a note in its salt: the barrier's bytes.
  std::function<bytes(const file_version&)> sign = {};
  /// Signatures that this writer sent before: a message of its own that lands late is none of another writer's.
  std::set<share_seal> own_seals = {};
  /// A repair: damaged shares (strict::damaged) go with the message that brings a new one, which tests all that was seen of
  /// them. Nobody counts them for any version.
  bool clear_damaged = false;
  /// R8: the version is the confirmed one, made again byte for byte, and goes to servers that missed it.
  bool fill_in = false;
  std::optional<writer_note> note = {}; ///< in the salt of all its signatures
};

/// New shares are written beside the old ones, each message with a test on the whole slot; success needs H servers
/// (strict_setting::confirming), and what is older goes afterwards. Rules: rules.hpp, docs/strict.md.
///
///     sealing   where the barrier is needed: one share of each slot gets a new signature; ends when all have answered
///     writing   on the servers that took the barrier, or on all that are known; ends as soon as H have it, or cannot
///
/// A message, by its outcome:
///
///     written               sealing: the slot is as before with the new signature. Writing: the server confirms
///     test failed           shows ours: it confirms, or has the barrier. Shows that old shares went and nothing else
///                           changed: sent again, with what is there now. Else the server is out of this publish, and
///                           another writer was there, unless all that differs is this writer's own (own_seals)
///     unknown, malformed    out of this publish; the message may have landed
///     others                out of this publish; nothing was written
class strict_order final : public publish_order {
public:
  explicit strict_order(strict_task task) : task_(std::move(task)) {}

  order_name name() const override { return order_name::strict; }
  map_needs map(bool first) const override;
  read_vector read_back() const override { return {0, task_.seal_at + share_seal::size}; }
  result<void> admit(const publish_request& request) const override;
  void goal(publish_tables& tables) override;
  void place(publish_tables& tables) override;
  std::vector<server_message> messages(const publish_tables& tables) override;
  void judge(publish_tables& tables, const server_message& sent, const write_outcome& outcome) override;
  void judge(publish_tables& tables, const server_id& server, const reread_outcome& outcome) override;
  std::optional<publish_end> enough(const publish_tables& tables) const override;
  bool only_waits(const publish_tables& tables) const override;
  bool may_stop(const publish_tables& tables) const override;
  std::vector<server_message> retire(const publish_tables& tables) override;
  publish_end conclude(const publish_tables& tables) const override;
  void account(publish_report& report) const override;

  /// The slots as they are known now: what a next publish may begin on.
  const slot_map& known() const { return task_.known; }
  /// The slots as this publish leaves them, where its version is `ours`: as they are known, and those that have not answered
  /// as our message leaves them if it lands. Whoever begins on it tests all of it, so that a wrong guess costs one server.
  slot_map left(const file_version& ours) const;
  /// The servers that have the new version.
  const std::set<server_id>& confirming() const { return confirming_; }
  bool sealed() const { return sealing_ || !sealed_.empty(); }
  std::size_t purged() const { return purged_; }    ///< versions deleted behind the barrier
  std::size_t resent() const { return resent_; }    ///< messages sent again after somebody retired old shares
  bool met_another() const { return met_another_; } ///< a test failed because of another writer
  /// All that it goes by beside its task: two that are equal in it, with the same messages under way, go on alike.
  auto memory() const {
    return std::tie(task_.known.slots(), base_, partials_, sealing_, placed_, no_barrier_, sealed_,
                    new_seals_, ours_, doomed_, to_send_, confirming_, purged_, resent_, retired_,
                    met_another_);
  }

private:
  void begin_writing(publish_tables& tables);
  void begin_filling(publish_tables& tables);
  void send_to_all_places(publish_tables& tables);
  void begin_sealing();
  /// Places on these servers; where there is no room beside the old shares, those that go make it.
  std::map<server_id, std::vector<share_number>> places_on(const std::set<server_id>& on) const;
  slot_map without_what_goes() const;
  server_message message_to(const server_id& server) const;
  std::vector<share_number> doomed_on(const server_id& server) const;
  /// In a repair: the damaged shares of a slot.
  std::vector<share_number> cleared_on(const slot_contents& slot) const;
  void on_written(publish_tables& tables, const server_message& sent);
  void on_test_failed(publish_tables& tables, const server_message& sent, const write_outcome& outcome);
  /// An earlier copy of the barrier's message landed, and nothing else has happened there.
  bool barrier_is_there(const server_id& server, const std::map<share_number, bytes>& found) const;
  /// Whether this writer sent what was found at the place of `known`, in a message that landed late.
  bool is_own(const publish_tables& tables, const held_share* known, byte_view seen) const;
  void give_up(publish_tables& tables, const server_id& server, const write_outcome& outcome);
  /// Those that have it, or may take it yet, are as many as confirm it.
  bool may_confirm(const publish_tables& tables) const;

  strict_task task_;
  std::optional<file_version> base_; ///< as the map showed it, like the next
  std::vector<file_version> partials_;
  bool kept_map_ = false; ///< what it shows may have changed long ago
  bool sealing_ = false;
  bool placed_ = false;
  bool no_barrier_ = false;                             ///< it was needed, and does not stand
  std::set<server_id> sealed_;                          ///< took the barrier
  std::map<server_id, bytes> new_seals_;                ///< signatures under way, by server
  std::map<server_id, std::vector<share_number>> ours_; ///< what each server is to get
  std::set<file_version> doomed_;                       ///< versions that messages delete
  std::set<server_id> to_send_;
  std::set<server_id> awaited_; ///< have our shares on the way to them
  std::set<server_id> confirming_;
  std::size_t purged_ = 0;
  std::size_t resent_ = 0;
  std::size_t retired_ = 0; ///< shares
  bool met_another_ = false;
};

} // namespace truckee::grid
