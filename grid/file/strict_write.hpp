#pragma once

#include "truckee/grid/file/file_write.hpp"

/// A write to a file that is kept strictly: docs/strict.md.
namespace truckee::grid {

/// In the strict order (strict/strict_order.hpp). An end is one of
///
///     published               written, or already_applied: a version with the change is on H servers
///     uncoordinated write     others published; ours may still appear
///     not enough servers      fewer than H answered the map, nothing was written
///     stored, not confirmed   on fewer than H; nobody else is at work
///     unknown                 the same, and servers that have not answered may have it
///     configuration differs   a share was written under another setting, or has another k or N: nothing was written
///     unrecoverable           no version can be read: nothing was written
///
/// After a lost round it maps again (R9): where the base has the change it is done if H servers show the base, else the
/// base's content is published again; otherwise the change is made on the new base. An overwrite that somebody may have
/// built on is not made again: that would undo what was built.
///
/// On a kept map an overwrite or an append publishes at once, in one round trip. Where that does not come to H servers, nobody
/// is told of anything: it maps, and goes on as if it had lost a round.
class strict_write final : public file_write {
public:
  /// Every map that it asks for must bring slots.
  strict_write(write_wish wish, strict_setting setting, random_source& random);

  void on_map(file_map map) override;
  void on_published(publish_report report) override;

private:
  void map_again() override;
  void publish() override;
  void on_contained() override;
  std::chrono::milliseconds pause() override;
  std::uint32_t tries_max() const override { return wish_.limits.strict_tries_max; }
  void begin_on_kept();
  /// R9, and the beginning: what the map says of this operation.
  void decide();
  /// The base has the change, and is confirmed.
  void settle();
  bool base_on_enough() const;
  /// A conditional write: whether the base is still the version that was named.
  bool condition_holds();
  void lost_round(const publish_report& report);
  /// No further try: says how the last one ended.
  void tell_last();

  strict_setting setting_;
  slot_map slots_;
  std::optional<error> no_key_;
  std::chrono::milliseconds map_took_{0};
  std::optional<file_version> base_;
  std::uint32_t quiet_rounds_ = 0; ///< lost, without another writer
  std::uint32_t torn_maps_ = 0;    ///< with shares, and without a version that can be read
  bool on_kept_ = false;           ///< and nothing has been mapped
};

/// What the first publish of a new file begins on: nothing can be there, and `reachable` servers of the setting are known.
strict_base strict_base_of_new(const strict_setting& setting, const std::vector<server_id>& reachable);

/// R11: why a writer under this setting must not write to what the map shows; nothing where it may. What the neighbouring
/// setting's writers wrote is no reason.
std::optional<error> foreign_setting(const slot_map& slots,
                                     const std::function<std::string(const server_id&)>& server_name);

/// Before try `tries` + 1: 0.2 to 1.2 of twice the time a map takes, 1.6 times as long with each try up to the sixth, and never
/// more than the longest wait of `limits`: a map that waited for a lost answer took as long as a deadline.
std::chrono::milliseconds strict_backoff(std::uint32_t tries, std::chrono::milliseconds map_took,
                                         const grid_limits& limits, random_source& random);

} // namespace truckee::grid
