#pragma once

#include "truckee/grid/file/file_write.hpp"

namespace truckee::grid {

/// In place (publish/in_place.hpp).
class write_operation final : public file_write {
public:
  write_operation(write_wish wish, random_source& random);

  void on_map(file_map map) override;
  void on_published(publish_report report) override;

private:
  void map_again() override { act_map(false); }
  void publish() override { act_publish(false); }
  void on_contained() override;
  std::chrono::milliseconds pause() override;
  /// Where another writer is to be told of, that is told, whatever else happened.
  void give_up(error why) override;
  void begin_on_kept();
  /// The kept map was not what is there: maps as if it had never been.
  void map_after_all();
  void act_map(bool first);
  void act_publish(bool rescue);
  void first_map(std::optional<error> no_key);
  void create();
  /// The best version has the change: ends if it is whole, else publishes it once more so that it is.
  void settle_on_own();
  /// An overwrite that was asked for before: true where the map decides its fate.
  bool settled_before();
  void after_remap();
  void rescue();
  void again(const publish_report& report);
  /// A part could not be published: maps again, and the next publish is of the whole.
  void after_part(const publish_report& report);
  void raise_floor(const publish_report& report);
  void tell();
  /// The version we sent last is the best one, and its content is in memory.
  bool our_last_is_best() const;

  std::optional<publish_view> before_; ///< what the last publish knew when it began
  bool conflict_ = false;              ///< the last publish met another writer
  bool telling_ = false;               ///< whatever a rescue brings, the caller is told
  std::uint32_t rescue_rounds_ = 0;
  sequence_number floor_; ///< unverified sequence numbers seen, within limits
};

/// The delay before try `tries` + 1: the bound doubles up to a longest one; drawn from its upper
/// three quarters, so that writers who collided part.
std::chrono::milliseconds backoff_delay(std::uint32_t tries, const grid_limits& limits,
                                        random_source& random);

/// How a publish spreads the file: as the caller wants; else an existing file keeps its k and N, and a new one gets the
/// defaults.
spread publish_spread(const std::optional<spread>& wanted, const spread& defaults,
                      const std::optional<file_version>& base);

/// What to tell where no share gave the signing key; `server_name` is for the servers that failed.
error no_signing_key(const servermap& map, const std::function<std::string(const server_id&)>& server_name);

/// Above everything the map shows and everything this writer sent.
sequence_number next_sequence(const servermap& map, const std::set<file_version>& earlier,
                              sequence_number floor = {});

} // namespace truckee::grid
