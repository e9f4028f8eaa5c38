#include "truckee/messages/types.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <vector>

using namespace truckee;
using messages::numbered_type;

namespace {

// Fixed for ever: CAF 1.1 writes the number, CAF 0.17 the name. A line may be added, never changed.
// clang-format off
const std::vector<numbered_type> wire_for_ever{
    {3000, "truckee::messages::hello"},
    {3001, "truckee::messages::greeting"},
    {3002, "truckee::grid::store_info"},
    {3003, "truckee::grid::read_test_write"},
    {3004, "truckee::grid::read_test_write_answer"},
    {3005, "truckee::grid::slot_read"},
    {3006, "truckee::grid::slot_read_answer"},
    {3007, "truckee::messages::add_lease"},
    {3008, "truckee::messages::lease_answer"},
    {3009, "truckee::messages::read_leases"},
    {3010, "truckee::messages::stored_leases"},
    {3011, "truckee::messages::publish_request"},
    {3012, "truckee::messages::publish_reply"},
    {3013, "truckee::messages::append_request"},
    {3014, "truckee::messages::retrieve_request"},
    {3015, "truckee::messages::retrieve_reply"},
    {3016, "truckee::messages::check_request"},
    {3017, "truckee::messages::check_reply"},
    {3018, "truckee::messages::repair_request"},
    {3019, "truckee::messages::repair_reply"},
    {3020, "truckee::messages::list_leases_request"},
    {3021, "truckee::messages::list_leases_reply"},
    {3022, "truckee::messages::cancel_request"},
    {3023, "truckee::messages::cancel_answer"},
    {3024, "truckee::messages::progress_event"},
    {3025, "truckee::messages::progress_listener"},
    {3026, "truckee::messages::subscribe"},
    {3027, "truckee::messages::unsubscribe"},
    {3028, "truckee::messages::subscribe_answer"},
    {3029, "truckee::messages::link_report"},
    {3030, "truckee::messages::status_request"},
    {3031, "truckee::messages::status_reply"},
    {3032, "truckee::messages::operation_detail_request"},
    {3033, "truckee::messages::operation_detail"},
    {3034, "truckee::messages::change_request"},
    {3035, "truckee::messages::change_answer"},
    {3036, "truckee::messages::resolve_request"},
    {3037, "truckee::messages::resolve_reply"},
    {3038, "truckee::messages::share_advice"},
    {3039, "truckee::messages::advice_answer"},
    {3040, "truckee::grid::stage_piece"},
    {3041, "truckee::grid::stage_answer"},
    {3042, "truckee::messages::read_content"},
    {3043, "truckee::messages::content_part"},
};
const std::vector<numbered_type> process_for_ever{
    {3200, "truckee::messages::continuation"},
    {3201, "truckee::messages::stop"},
    {3202, "truckee::messages::write_slot"},
    {3203, "truckee::messages::write_answer"},
    {3204, "truckee::messages::read_slot"},
    {3205, "truckee::messages::read_answer"},
    {3206, "truckee::messages::lease_slot"},
    {3207, "truckee::messages::lease_slot_answer"},
    {3208, "truckee::messages::read_leases_at"},
    {3209, "truckee::messages::read_leases_answer"},
    {3210, "truckee::messages::introduce"},
    {3211, "truckee::messages::introduction"},
    {3212, "truckee::messages::link_status"},
    {3213, "truckee::messages::operation_progress"},
    {3214, "truckee::messages::publish_news"},
    {3215, "truckee::messages::map_file"},
    {3216, "truckee::messages::map_more"},
    {3217, "truckee::messages::map_answer"},
    {3218, "truckee::messages::read_version"},
    {3219, "truckee::messages::content_answer"},
    {3220, "truckee::messages::verify_shares"},
    {3221, "truckee::messages::verify_answer"},
    {3222, "truckee::messages::send_shares"},
    {3223, "truckee::messages::shares_sent"},
    {3224, "truckee::messages::start_publish"},
    {3225, "truckee::messages::publish_answer"},
    {3226, "truckee::messages::take_bytes"},
    {3227, "truckee::messages::bytes_taken"},
    {3228, "truckee::messages::give_bytes_back"},
    {3229, "truckee::messages::take_key"},
    {3230, "truckee::messages::key_answer"},
    {3231, "truckee::messages::count_keys"},
    {3232, "truckee::messages::key_count"},
    {3233, "truckee::messages::run"},
    {3234, "truckee::messages::use_grid"},
    {3235, "truckee::messages::grid_in_use"},
    {3236, "truckee::messages::allow_bytes"},
    {3237, "truckee::messages::keep_keys"},
    {3238, "truckee::messages::join_crew"},
    {3239, "truckee::messages::leave_crew"},
    {3240, "truckee::messages::use_expiry"},
    {3241, "truckee::messages::advise_share"},
    {3242, "truckee::messages::advise_share_answer"},
    {3243, "truckee::messages::stage_at"},
    {3244, "truckee::messages::stage_at_answer"},
};
// clang-format on

bool same(const numbered_type& a, const numbered_type& b) {
  return a.number == b.number && a.name == b.name;
}

} // namespace

TEST(TypeIds, the_numbers_and_names_on_the_wire_never_change) {
  EXPECT_TRUE(std::ranges::equal(messages::wire_types, wire_for_ever, same));
}

TEST(TypeIds, the_numbers_within_a_process_never_change) {
  EXPECT_TRUE(std::ranges::equal(messages::process_types, process_for_ever, same));
}

#if TRUCKEE_CAF_1
TEST(TypeIds, caf_knows_each_type_by_its_number_and_name) {
  register_types();
  const auto shift = messages::first_type_id - messages::wire_numbers_begin;
  const auto known = [&](const numbered_type& x) {
    return caf::query_type_name(static_cast<caf::type_id_t>(x.number + shift)) == x.name;
  };
  EXPECT_TRUE(std::ranges::all_of(messages::wire_types, known));
  EXPECT_TRUE(std::ranges::all_of(messages::process_types, known));
}
#endif
