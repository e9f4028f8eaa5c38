#pragma once

#include "program/support/process.hpp"

/// Other people's programs, as tests find them.
namespace truckee::test {

/// The checkout.
std::filesystem::path source();
std::filesystem::path configs();

/// A whole file as text. Throws where it cannot be read.
std::string text_of(const std::filesystem::path& file);

/// `program` as `./dev test` unpacked it below build/tools, or as it is installed. Throws where it is
/// neither, and says what to do.
std::filesystem::path tool(const std::string& program);

/// Runs such a program to its end, in `scratch`.
process_result run_tool(const std::string& program, const std::vector<std::string>& arguments,
                        const std::filesystem::path& scratch, const std::string& input = {});

/// What follows `before` on each line that has it, up to the end of the line.
std::vector<std::string> after_each(const std::string& text, const std::string& before);

} // namespace truckee::test
