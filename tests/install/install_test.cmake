# SPDX-License-Identifier: Apache-2.0
# Installs BUILD into WORK/prefix, then configures, builds and runs SOURCE against nothing but that prefix.
function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE ${WORK}/prefix ${WORK}/stranger)
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix)
run(${CMAKE_COMMAND} -S ${SOURCE} -B ${WORK}/stranger -G Ninja
  -D CMAKE_CXX_COMPILER=${COMPILER} -D CMAKE_PREFIX_PATH=${WORK}/prefix)
run(${CMAKE_COMMAND} --build ${WORK}/stranger)
run(${WORK}/stranger/stranger)
run(${WORK}/stranger/best_price ${SOURCE}/../../../testdata/coinbase/documented.jsonl BTC/USD)
