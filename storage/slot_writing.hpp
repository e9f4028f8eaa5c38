#pragma once

#include "truckee/storage/container_store.hpp"
#include "truckee/storage/rules.hpp"

namespace truckee::storage {

/// One read_test_write: judged and prepared when it is made, carried out step by step.
class container_store::writing final : public slot_write {
public:
  /// Both stay until its end.
  writing(container_store& store, const grid::read_test_write& request);

  std::span<const sync_wish> wishes() const override;
  void next(io_result<void> fulfilled) override;
  grid::read_test_write_answer answer() override { return std::move(answer_); }

private:
  void begin();
  void attempt();
  void look();
  bool find_staged();
  void let_go_staged();
  void no_room(verdict why);
  void refuse(verdict why);

  container_store& store_;
  const grid::read_test_write& request_;
  std::optional<io_result<open_slot>> files_;
  rules::loaded_slot slot_;
  rules::lease_terms terms_;
  rules::staged_shares staged_;
  slot_plan plan_;
  bool begun_ = false;                  ///< the plan: what was staged may be changed since
  std::unique_ptr<slot_change> change_; ///< of the plan; null: there is nothing to wait for
  grid::read_test_write_answer answer_;
};

} // namespace truckee::storage
