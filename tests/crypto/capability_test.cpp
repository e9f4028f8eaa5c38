#include "truckee/crypto/capability.hpp"

#include "test_support.hpp"
#include "truckee/crypto/rsa.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

using namespace truckee;
using namespace truckee::crypto;

namespace {

const std::string some_key = "n5q7hxfs245qzltn55fktnlh6q";
const std::string some_print = "rhrybvvquasb4ur5ajqnjkkzgllcu676x3vajfxk44gt4algtrga";

cap_fault fault_of(const std::string& text) {
  const auto cap = parse_capability(text);
  EXPECT_FALSE(cap) << text << " was taken";
  return cap ? cap_fault{} : cap.error().fault;
}

} // namespace

TEST(capability, keys_give_the_recorded_texts_in_all_strengths_and_forms) {
  const auto vectors = test::read_json("caps.json")["caps"];
  ASSERT_FALSE(vectors.empty());
  for (const auto& v : vectors) {
    const auto der = test::read_file(test::vector_path(v["key"]));
    const auto key = private_key::from_der(der);
    ASSERT_TRUE(key) << to_string(key.error());
    const file_keys keys(*key);
    const auto format = v["format"] == "MDMF" ? file_format::mdmf : file_format::sdmf;
    const write_cap cap{format, keys.write, keys.fingerprint};
    EXPECT_EQ(to_hex(keys.write.view()), v["writekey"].get<std::string>());
    EXPECT_EQ(to_hex(keys.read.view()), v["readkey"].get<std::string>());
    EXPECT_EQ(to_hex(keys.slot.view()), v["storage_index"].get<std::string>());
    EXPECT_EQ(to_text(file_cap(cap)), v["rw"].get<std::string>());
    EXPECT_EQ(to_text(file_cap(to_read_cap(cap))), v["ro"].get<std::string>());
    EXPECT_EQ(to_text(file_cap(to_verify_cap(cap))), v["verify"].get<std::string>());
    EXPECT_EQ(to_text(capability{cap, true}), v["dir_rw"].get<std::string>());
    EXPECT_EQ(to_text(capability{to_read_cap(cap), true}), v["dir_ro"].get<std::string>());
    EXPECT_EQ(to_text(capability{to_verify_cap(cap), true}), v["dir_verify"].get<std::string>());
  }
}

TEST(capability, every_recorded_text_parses_back_to_itself) {
  const auto vectors = test::read_json("caps.json")["caps"];
  ASSERT_FALSE(vectors.empty());
  for (const auto& v : vectors)
    for (const char* form : {"rw", "ro", "verify", "dir_rw", "dir_ro", "dir_verify"}) {
      const auto text = v[form].get<std::string>();
      const auto cap = parse_capability(text);
      ASSERT_TRUE(cap) << text << ": " << cap.error().detail;
      EXPECT_EQ(to_text(*cap), text);
      EXPECT_EQ(cap->directory, std::string_view(form).starts_with("dir"));
      EXPECT_EQ(to_hex(storage_index_of(cap->file).view()), v["storage_index"].get<std::string>());
      EXPECT_EQ(to_hex(fingerprint_of(cap->file).view()), v["fingerprint"].get<std::string>());
    }
}

TEST(capability, good_and_bad_texts_are_told_apart_as_recorded) {
  const auto vectors = test::read_json("caps.json")["parse"];
  ASSERT_EQ(vectors.size(), 20U);
  for (const auto& v : vectors) {
    const auto text = v["in"].get<std::string>();
    const auto cap = parse_capability(text);
    if (v["canonical"].is_null())
      EXPECT_FALSE(cap) << text;
    else if (cap)
      EXPECT_EQ(to_text(*cap), v["canonical"].get<std::string>());
    else
      ADD_FAILURE() << text << ": " << cap.error().detail;
  }
}

TEST(capability, each_fault_has_its_name) {
  EXPECT_EQ(fault_of(""), cap_fault::not_a_capability);
  EXPECT_EQ(fault_of("ro.URI:SSK:" + some_key + ":" + some_print), cap_fault::not_a_capability);
  EXPECT_EQ(fault_of("URI:CHK:" + some_key + ":" + some_print + ":3:10:5"), cap_fault::unknown_kind);
  EXPECT_EQ(fault_of("URI:SSK:" + some_key), cap_fault::missing_field);
  EXPECT_EQ(fault_of("URI:SSK:" + some_key + "a:" + some_print), cap_fault::bad_key);
  EXPECT_EQ(fault_of("URI:SSK:" + std::string(26, '1') + ":" + some_print), cap_fault::bad_key);
  EXPECT_EQ(fault_of("URI:SSK:" + some_key + ":" + some_print.substr(1)), cap_fault::bad_fingerprint);
  EXPECT_EQ(fault_of("URI:SSK:" + some_key + ":" + some_print + ":"), cap_fault::trailing_text);
  EXPECT_EQ(fault_of("URI:DIR2-RO:" + some_key + ":" + some_print + ":x"), cap_fault::trailing_text);
}

TEST(capability, directories_over_mdmf_drop_what_follows_too) {
  const auto cap = parse_capability("URI:DIR2-MDMF:" + some_key + ":" + some_print + ":3:131073");
  ASSERT_TRUE(cap) << cap.error().detail;
  EXPECT_EQ(to_text(*cap), "URI:DIR2-MDMF:" + some_key + ":" + some_print);
  EXPECT_EQ(format_of(cap->file), file_format::mdmf);
}

TEST(capability, weaker_ones_come_from_stronger_ones_and_never_back) {
  const auto cap = parse_capability("URI:SSK:" + some_key + ":" + some_print);
  ASSERT_TRUE(cap);
  const auto read = to_read_cap(cap->file);
  ASSERT_TRUE(read);
  EXPECT_EQ(strength_of(cap->file), "write");
  EXPECT_EQ(strength_of(*read), "read");
  EXPECT_FALSE(to_write_cap(*read));
  const file_cap verify = to_verify_cap(cap->file);
  EXPECT_EQ(strength_of(verify), "verify");
  EXPECT_FALSE(to_read_cap(verify));
  EXPECT_FALSE(to_write_cap(verify));
  EXPECT_EQ(storage_index_of(*read), storage_index_of(verify));
}

TEST(capability, an_error_never_quotes_the_text) {
  for (const auto& text : {"URI:SSK:" + some_key + ":" + some_print + "x",
                           "URI:SSK:" + some_key + "x:" + some_print, "URI:SSK:" + some_key, some_key}) {
    const auto cap = parse_capability(text);
    ASSERT_FALSE(cap);
    EXPECT_EQ(cap.error().detail.find(some_key.substr(0, 8)), std::string::npos);
    EXPECT_EQ(to_error(cap.error()).code, errc::bad_capability);
  }
}

TEST(capability, any_text_gives_a_capability_with_one_canonical_text_or_an_error) {
  const bool held = rc::check([](const std::string& noise, std::size_t cut, std::uint8_t kind) {
    const std::array<std::string, 4> heads{
        "URI:SSK:", "URI:MDMF-RO:", "URI:DIR2-Verifier:", "URI:DIR2-MDMF:"};
    auto text = heads[kind % 4] + some_key + ":" + some_print;
    text.insert(cut % (text.size() + 1), noise);
    const auto cap = parse_capability(text);
    if (!cap)
      return;
    const auto again = parse_capability(to_text(*cap));
    RC_ASSERT(again.has_value());
    RC_ASSERT(*again == *cap);
    RC_ASSERT(text.starts_with(to_text(*cap)));
  });
  EXPECT_TRUE(held);
}
